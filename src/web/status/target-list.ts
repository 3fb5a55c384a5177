import type { Protection } from '../../model/server-facts.ts';
import type { TargetStatus } from '../../model/status.ts';
import { formatCount, formatSpan } from './format.ts';
import { type Html, html, NOTHING } from './html.ts';

/** So many targets are listed by name; of more only those that are not up. */
const MAX_TARGETS_LISTED = 12;

const STANDINGS = {
  down: { order: 0, look: 'failing' },
  unknown: { order: 1, look: 'waiting' },
  up: { order: 2, look: 'fresh' },
} as const;

const PROTECTION_NAMES: Readonly<Record<Protection, string>> = {
  deadline: 'time limit of its own',
  kill: 'certain stop',
  lock_wait: 'limit for locks',
  read_only: 'refusal of writes',
  reset: 'reset of sessions',
};

export function targetList(targets: readonly TargetStatus[], nowMs: number, trusted: boolean): Html {
  const all = targets.length <= MAX_TARGETS_LISTED;
  const order = ({ health }: TargetStatus) => STANDINGS[health.standing].order;
  const wanted = targets
    .filter(({ health }) => all || health.standing !== 'up')
    .toSorted((a, b) => order(a) - order(b));
  const listed = wanted.slice(0, MAX_TARGETS_LISTED);
  if (listed.length === 0) return NOTHING;
  const more = wanted.length - listed.length;
  return html`<section aria-labelledby="targets" data-key="targets">
<h2 id="targets">${all ? 'Targets' : 'Targets that are not up'}</h2>
<ul class="targets">${listed.map((target) => targetItem(target, nowMs, trusted))}${more > 0 ? html`<li class="more">and ${formatCount(more)} more</li>` : NOTHING}</ul>
</section>`;
}

function targetItem(target: TargetStatus, nowMs: number, trusted: boolean): Html {
  const { name, engine, address, health } = target;
  const { standing, checkedAtMs, lastFailure } = health;
  const checked = checkedAtMs === null ? 'not asked yet' : `asked ${formatSpan(nowMs - checkedAtMs)} ago`;
  const notes = [...downNotes(target, nowMs), ...serverNotes(target)];
  const message =
    standing === 'down' && trusted && lastFailure !== null
      ? html`<pre class="message">${lastFailure.message}</pre>`
      : NOTHING;
  return html`<li data-key="${name}" title="${checked}"><span class="state is-${STANDINGS[standing].look}">${standing}</span> <b>${name}</b> <small>${engine} ${address}</small>${notes.length === 0 ? NOTHING : html`<p class="history">${notes.join(' · ')}</p>`}${message}${missing(target, trusted)}</li>`;
}

function downNotes({ health, tasksWaiting }: TargetStatus, nowMs: number): readonly string[] {
  const { downSinceMs, nextTryAtMs, lastFailure } = health;
  if (downSinceMs === null) return [];
  const notes = [`for ${formatSpan(nowMs - downSinceMs)}${lastFailure === null ? '' : ` (${lastFailure.reason})`}`];
  if (nextTryAtMs !== null) {
    notes.push(`next try ${nextTryAtMs > nowMs ? `in ${formatSpan(nextTryAtMs - nowMs)}` : 'now'}`);
  }
  const waiting =
    tasksWaiting === 0 ? 'no task waits' : `${formatCount(tasksWaiting)} ${plural(tasksWaiting, 'waits')}`;
  return [...notes, waiting];
}

function plural(count: number, verb: string): string {
  return count === 1 ? `task ${verb}` : `tasks ${verb.slice(0, -1)}`;
}

function serverNotes({ facts, unconfirmedStops }: TargetStatus): readonly string[] {
  const notes = [facts?.version ?? '', facts?.role ?? '', facts?.isSuperuser === true ? 'user is a superuser' : ''];
  if (unconfirmedStops > 0) notes.push(`${formatCount(unconfirmedStops)} stopped without being seen to end`);
  return notes.filter((note) => note !== '');
}

/** Why it is missing may quote the server. */
function missing({ facts }: TargetStatus, trusted: boolean): Html {
  const lacks = Object.entries(facts?.missing ?? {}) as [Protection, string][];
  if (lacks.length === 0) return NOTHING;
  return html`<ul class="missing">${lacks.map(([protection, why]) => html`<li>no ${PROTECTION_NAMES[protection]}${trusted ? `: ${why}` : ''}</li>`)}</ul>`;
}
