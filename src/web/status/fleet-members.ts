import type { FleetStatus, Member } from '../../model/fleet-terms.ts';
import { formatCount, formatSpan } from './format.ts';
import { type Html, html, NOTHING } from './html.ts';

/** Above this the schedules of servers that change hands shift noticeably. */
const NOTABLE_SKEW_MS = 2_000;

/** The exporters of the fleet, and what is wrong with their store; nothing for one that polls alone. */
export function fleetMembers(fleet: FleetStatus | null, nowMs: number): Html {
  if (fleet === null) return NOTHING;
  const [own] = fleet.members;
  return html`<section aria-labelledby="fleet" data-key="fleet">
<h2 id="fleet">Fleet ${fleet.name}</h2>
${warnings(fleet, nowMs)}
<table role="table" class="members">
<caption class="hidden">The exporters of the fleet, this one first.</caption>
<thead role="rowgroup"><tr role="row">${['Exporter', 'Version', 'Configuration'].map((title) => html`<th role="columnheader" scope="col" class="word">${title}</th>`)}${['Servers', 'Tasks'].map((title) => html`<th role="columnheader" scope="col" class="number">${title}</th>`)}</tr></thead>
<tbody role="rowgroup">${fleet.members.map((member) => row(member, own))}</tbody>
</table>
</section>`;
}

function row(member: Member, own: Member | undefined): Html {
  const differs = member.configDigest !== own?.configDigest;
  return html`<tr role="row" data-key="${member.id}">
<th role="rowheader" scope="row" class="word">${member.name}${member === own ? html`<small>this one</small>` : NOTHING}</th>
<td role="cell" class="word" data-title="Version">${member.version}</td>
<td role="cell" class="word" data-title="Configuration">${member.configDigest}${differs ? html`<small>another one</small>` : NOTHING}</td>
<td role="cell" class="number" data-title="Servers">${formatCount(member.servers)}</td>
<td role="cell" class="number" data-title="Tasks">${formatCount(member.tasks)}</td>
</tr>`;
}

function warnings({ isStoreUp, storeSinceMs, clockSkewMs }: FleetStatus, nowMs: number): Html {
  const all: string[] = [];
  if (isStoreUp === null) all.push('the store has not answered yet');
  if (isStoreUp === false) {
    all.push(`no answer from the store for ${formatSpan(nowMs - storeSinceMs)}: what others poll is as old as that`);
  }
  if (clockSkewMs !== null && Math.abs(clockSkewMs) > NOTABLE_SKEW_MS) {
    const where = clockSkewMs > 0 ? 'ahead of' : 'behind';
    all.push(`the clock of this host is ${formatSpan(Math.abs(clockSkewMs))} ${where} the one of the store`);
  }
  return all.length === 0 ? NOTHING : html`<ul class="warnings">${all.map((text) => html`<li>${text}</li>`)}</ul>`;
}
