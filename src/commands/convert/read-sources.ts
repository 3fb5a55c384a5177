import { ConfigError } from '../../config/config-error.ts';
import { readConfigFile } from '../../config/config-file.ts';
import { readEmbedded } from '../../config/embedded-yaml.ts';
import { Findings } from '../../config/findings.ts';
import { formatPlace } from '../../config/place.ts';
import type { Mapping } from '../../config/tree.ts';
import type { Format, Source } from './format.ts';
import { recognisePeer } from './formats.ts';
import type { Report } from './report.ts';

/**
 * Reads files of one format. A ConfigMap of Kubernetes gives what it holds. Throws a `ConfigError` of one line for a file
 * that is no YAML, too large, or of another format.
 */
export function readSources(names: readonly string[], format: Format, report: Report): readonly Source[] {
  return names.flatMap((name, order) => {
    const root = readRoot(name, order, format);
    const sources = isConfigMap(root) ? readConfigMap(name, root, report) : [{ name, root }];
    const recognised = sources.filter((source) => format.recognises(source.root));
    if (recognised.length === 0) throw new ConfigError([`${name}: ${describeOther(sources, format)}`]);
    return recognised;
  });
}

function readRoot(name: string, order: number, { tags }: Format): Mapping {
  const problems = new Findings();
  const root = readConfigFile(name, order, problems, { mayBeEmpty: true, outdentedQuotes: true, tags });
  if (root !== null && root.entries.size > 0) return root;
  throw new ConfigError([problems.toLines()[0] ?? `${name}: holds nothing to convert`]);
}

function describeOther(sources: readonly Source[], format: Format): string {
  const other = sources.map(({ root }) => recognisePeer(root)).find((found) => found !== null);
  const advice = other === undefined || other === null ? '' : `, but ${other.title}: convert ${other.name}`;
  return `holds no ${format.title}${advice}`;
}

function isConfigMap(root: Mapping): boolean {
  const kind = root.entries.get('kind')?.value;
  return kind?.kind === 'scalar' && kind.value === 'ConfigMap';
}

function readConfigMap(name: string, root: Mapping, report: Report): readonly Source[] {
  const data = root.entries.get('data')?.value;
  if (data?.kind !== 'mapping') return [];
  return Array.from(data.entries).flatMap(([key, { keyPlace, value }]) => {
    if (value.kind !== 'scalar' || typeof value.value !== 'string') return [];
    const problems = new Findings();
    const embedded = readEmbedded(value, value.value, problems);
    if (embedded?.kind === 'mapping') return [{ name: `${name}#${key}`, root: embedded }];
    const reason = problems.toLines()[0]?.slice(formatPlace(keyPlace).length) ?? '';
    report.lose({ place: keyPlace, path: ['data', key] }, reason === '' ? 'holds no mapping' : 'is no YAML', []);
    return [];
  });
}
