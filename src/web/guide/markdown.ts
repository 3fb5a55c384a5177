import { type Html, html, NOTHING } from '../status/html.ts';

/**
 * Markdown as the pages of docs/ are written, as markup: headings with the anchors that GitHub gives them, paragraphs,
 * lists of one level, tables and fenced blocks; code, bold and links in a line. Of links only those within the page are
 * kept, since the other pages are not there.
 */
export function renderMarkdown(text: string): Html {
  const lines = text.split('\n');
  const blocks: Html[] = [];
  while (lines.length > 0) {
    const [line = ''] = lines;
    if (line.trim() === '') lines.shift();
    else blocks.push(block(lines, line));
  }
  return html`${blocks}`;
}

/** Takes the lines of one block away. */
function block(lines: string[], first: string): Html {
  if (first.startsWith('```')) {
    lines.shift();
    const code = takeWhile(lines, (line) => !line.startsWith('```'));
    lines.shift();
    return html`<pre class="code">${code.join('\n')}</pre>`;
  }
  if (first.startsWith('#')) return heading(lines.shift() ?? '');
  if (first.startsWith('|')) return table(takeWhile(lines, (line) => line.startsWith('|')));
  const paragraph = takeWhile(lines, (line) => line.trim() !== '' && !/^(#|\||```)/.test(line));
  if (!first.startsWith('- ')) return html`<p>${inline(paragraph.join('\n'))}</p>`;
  const items = paragraph.join('\n').split(/^- /m).slice(1);
  return html`<ul>${items.map((item) => html`<li>${inline(item)}</li>`)}</ul>`;
}

function takeWhile(lines: string[], isPart: (line: string) => boolean): readonly string[] {
  const end = lines.findIndex((line) => !isPart(line));
  return lines.splice(0, end === -1 ? lines.length : end);
}

function heading(line: string): Html {
  const [, marks = '', text = ''] = /^(#+) +(.*)$/.exec(line) ?? [];
  const id = anchorOf(text);
  if (marks === '#') return html`<h1 class="headline" id="${id}">${inline(text)}</h1>`;
  return marks === '##' ? html`<h2 id="${id}">${inline(text)}</h2>` : html`<h3 id="${id}">${inline(text)}</h3>`;
}

/** As GitHub makes it. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

/** With roles and titles, since on phones a row is shown as a card. */
function table([head = '', , ...rows]: readonly string[]): Html {
  const titles = cells(head);
  const row = (texts: readonly string[]) =>
    html`<tr role="row">${texts.map((text, index) => html`<td role="cell" data-title="${titles[index] ?? ''}">${inline(text)}</td>`)}</tr>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table"><table role="table" class="guide"><thead role="rowgroup"><tr role="row">${titles.map((title) => html`<th role="columnheader" scope="col">${inline(title)}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map((line) => row(cells(line)))}</tbody></table></div>`;
}

function cells(row: string): readonly string[] {
  const inner = row.trim().replace(/^\|/, '').replace(/\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*|\[([^\]]+)\]\(([^)]+)\)/g;

function inline(text: string): Html {
  const parts: Html[] = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, bold, slanted, linked, address] = match;
    parts.push(html`${text.slice(at, match.index)}${marked({ code, bold, slanted, linked, address })}`);
    at = match.index + whole.length;
  }
  return html`${parts}${text.slice(at)}`;
}

type Marked = Record<'code' | 'bold' | 'slanted' | 'linked' | 'address', string | undefined>;

function marked({ code, bold, slanted, linked, address }: Marked): Html {
  if (code !== undefined) return html`<code>${code}</code>`;
  if (bold !== undefined) return html`<b>${inline(bold)}</b>`;
  if (slanted !== undefined) return html`<i>${inline(slanted)}</i>`;
  if (linked === undefined || address === undefined) return NOTHING;
  return address.startsWith('#') ? html`<a href="${address}">${inline(linked)}</a>` : inline(linked);
}
