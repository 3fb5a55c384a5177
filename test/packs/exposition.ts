/** A line of an exposition without its value. */
export interface Series {
  readonly name: string;
  /** Without labels that are empty, which is the same to Prometheus. */
  readonly labels: ReadonlyMap<string, string>;
}

export interface Exposition {
  readonly series: readonly Series[];
  /** Family name → type. */
  readonly types: ReadonlyMap<string, string>;
}

const SAMPLE = /^([\w:]+)(?:\{(.*)\})? \S+$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Reads the text format as far as a comparison needs it. Rejects lines that are none of it. */
export function parseExposition(text: string): Exposition {
  const series: Series[] = [];
  const types = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line.startsWith('# TYPE ')) {
      const [, , name = '', type = ''] = line.split(' ');
      types.set(name, type);
    } else if (line !== '' && !line.startsWith('#')) {
      const [, name, labels = ''] = SAMPLE.exec(line) ?? [];
      if (name === undefined) throw new Error(`no line of an exposition: ${line}`);
      series.push({ name, labels: new Map(readLabels(labels)) });
    }
  }
  return { series, types };
}

function* readLabels(text: string): Iterable<[string, string]> {
  for (const [, name = '', value = ''] of text.matchAll(LABEL)) {
    // A bound may be written in several ways: 1e-06 is 0.000001.
    if (value !== '') yield [name, name === 'le' && value !== '+Inf' ? String(Number(value)) : value];
  }
}

export function toText({ name, labels }: Series): string {
  return `${name}{${[...labels].map(([label, value]) => `${label}="${value}"`).join(',')}}`;
}
