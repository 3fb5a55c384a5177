/**
 * Indents the lines of quoted texts that begin further left than YAML 1.2 allows, which readers of YAML 1.1 pass over. Where
 * every key stands is left as it is.
 */
export function indentQuotedLines(text: string): string {
  let open: { readonly quote: string; readonly indent: string } | null = null;
  return text
    .split('\n')
    .map((line) => {
      if (open !== null) {
        const indented = /\S/.test(line) && !line.startsWith(open.indent) ? `${open.indent}${line.trimStart()}` : line;
        if (closes(line, open.quote)) open = null;
        return indented;
      }
      const [, indent = '', quote, rest = ''] = OPENING.exec(line) ?? [];
      if (quote !== undefined && !closes(rest, quote)) open = { quote, indent: `${indent} ` };
      return line;
    })
    .join('\n');
}

/** A key or a dash, then a text in quotes. */
const OPENING = /^(\s*)(?:- +)*(?:[\w.-]+: +|- +)(["'])(.*)$/;

/** Whether a quoted text ends in what follows its first quote. */
function closes(rest: string, quote: string): boolean {
  const inside = quote === '"' ? rest.replace(/\\./g, '') : rest.replaceAll("''", '');
  return inside.includes(quote);
}
