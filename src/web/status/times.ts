import { formatSpan, formatTime } from './format.ts';
import { type Html, html } from './html.ts';

/** A span that ends or begins at this time, which a reader sees by pointing at it. The script tells it in their own zone. */
export function spanTo(atMs: number, span: string): Html {
  return html`<time datetime="${toIso(atMs)}" title="${formatTime(atMs)}">${span}</time>`;
}

export function spanSince(atMs: number, nowMs: number): Html {
  return spanTo(atMs, formatSpan(nowMs - atMs));
}

/** The time itself, which the script writes in the reader's own zone. */
export function moment(atMs: number): Html {
  return html`<time datetime="${toIso(atMs)}">${formatTime(atMs)}</time>`;
}

/** `in 12s`, or `now` for what is due within the second. */
export function until(atMs: number, nowMs: number): Html {
  return spanTo(atMs, atMs - nowMs >= 1000 ? `in ${formatSpan(atMs - nowMs)}` : 'now');
}

function toIso(atMs: number): string {
  return new Date(atMs).toISOString();
}
