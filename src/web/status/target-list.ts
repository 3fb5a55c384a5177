import type { Protection } from '../../model/server-facts.ts';
import type { ServerLoad } from '../../model/server-load.ts';
import type { TargetStatus } from '../../model/status.ts';
import { formatCount, formatLoad, formatSpan } from './format.ts';
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
  guard: 'guard against two exporters at one query',
};

export function targetList(targets: readonly TargetStatus[], nowMs: number, trusted: boolean): Html {
  const all = targets.length <= MAX_TARGETS_LISTED;
  const order = ({ health }: TargetStatus) => STANDINGS[health.standing].order;
  const wanted = targets
    .filter((target) => all || target.health.standing !== 'up' || isBusy(target))
    .toSorted((a, b) => order(a) - order(b));
  const listed = wanted.slice(0, MAX_TARGETS_LISTED);
  if (listed.length === 0) return NOTHING;
  const more = wanted.length - listed.length;
  return html`<section aria-labelledby="targets" data-key="targets">
<h2 id="targets">${all ? 'Targets' : 'Targets that are not up, or whose server is busy'}</h2>
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
  return html`<li data-key="${name}" title="${checked}"><span class="state is-${STANDINGS[standing].look}">${standing}</span> <b>${name}</b> <small>${engine} ${address}</small>${notes.length === 0 ? NOTHING : html`<p class="history">${notes.join(' · ')}</p>`}${message}${warnings(target, trusted)}</li>`;
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

function serverNotes({ facts, serverLoad, unconfirmedStops }: TargetStatus): readonly string[] {
  const notes = [facts?.version ?? '', facts?.role ?? '', facts?.isSuperuser === true ? 'user is a superuser' : ''];
  if (serverLoad.load !== null) notes.push(`load ${formatLoad(serverLoad.load)}`);
  if (unconfirmedStops > 0) notes.push(`${formatCount(unconfirmedStops)} stopped without being seen to end`);
  return notes.filter((note) => note !== '');
}

function warnings(target: TargetStatus, trusted: boolean): Html {
  const all = [...busyWarnings(target.serverLoad), ...missing(target, trusted)];
  return all.length === 0 ? NOTHING : html`<ul class="warnings">${all.map((text) => html`<li>${text}</li>`)}</ul>`;
}

function isBusy({ serverLoad }: TargetStatus): boolean {
  return serverLoad.load !== null && serverLoad.load > 1;
}

/** One connection alone is never enough then, and with those that there are queries wait often or always. */
function busyWarnings({ load, maxConnections }: ServerLoad): readonly string[] {
  if (load === null || load <= 1) return [];
  const connections = `${formatCount(maxConnections)} ${maxConnections === 1 ? 'connection' : 'connections'}`;
  const underWay = `on average ${formatLoad(load)} queries of this server are under way or wait`;
  return load > maxConnections
    ? [`${underWay}, more than its ${connections} can take: make them quicker or rarer, or raise max_connections`]
    : [`${underWay}, on ${connections}: at times they wait for each other`];
}

/** Why it is missing may quote the server. */
function missing({ facts }: TargetStatus, trusted: boolean): readonly string[] {
  const lacks = Object.entries(facts?.missing ?? {}) as [Protection, string][];
  return lacks.map(([protection, why]) => `no ${PROTECTION_NAMES[protection]}${trusted ? `: ${why}` : ''}`);
}
