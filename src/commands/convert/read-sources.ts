import { ConfigError } from '../../config/config-error.ts';
import { readConfigFile } from '../../config/config-file.ts';
import { readEmbedded } from '../../config/embedded-yaml.ts';
import { Findings } from '../../config/findings.ts';
import type { Mapping } from '../../config/tree.ts';
import { recognisePeer } from './formats.ts';
import type { Report } from './report.ts';
import type { Format, Source } from './source-format.ts';

/**
 * Reads files of one format. A ConfigMap of Kubernetes gives what it holds. Throws a `ConfigError` of one line for a file
 * that is no YAML, too large, or of another format.
 */
export function readSources(names: readonly string[], format: Format, report: Report): readonly Source[] {
  return names.flatMap((name, order) => {
    const root = readRoot(name, order, format);
    const sources = isConfigMap(root) ? readConfigMap(name, root, format, report) : [{ name, root }];
    const recognised = sources.filter((source) => format.recognises(source.root));
    if (recognised.length > 0) return recognised;
    const other = sources.map((source) => recognisePeer(source.root)).find((found) => found !== null);
    const advice = other === undefined ? '' : `, but ${other.title}: convert ${other.name}`;
    throw new ConfigError([`${name}: holds no ${format.title}${advice}`]);
  });
}

function readRoot(name: string, order: number, { tags }: Format): Mapping {
  const problems = new Findings();
  const root = readConfigFile(name, order, problems, { mayBeEmpty: true, outdentedQuotes: true, tags });
  if (root !== null && root.entries.size > 0) return root;
  throw new ConfigError([problems.toLines()[0] ?? `${name}: holds nothing to convert`]);
}

function isConfigMap(root: Mapping): boolean {
  const kind = root.entries.get('kind')?.value;
  return kind?.kind === 'scalar' && kind.value === 'ConfigMap';
}

/** Its other entries are named, since somebody may have expected more of them. */
function readConfigMap(name: string, root: Mapping, format: Format, report: Report): readonly Source[] {
  const data = root.entries.get('data')?.value;
  if (data?.kind !== 'mapping') return [];
  const sources: Source[] = [];
  for (const [key, { keyPlace, value }] of data.entries) {
    const isBlock = value.kind === 'scalar' && typeof value.value === 'string';
    const embedded = isBlock ? readEmbedded(value, String(value.value), new Findings()) : null;
    if (embedded?.kind === 'mapping') sources.push({ name: `${name}#${key}`, root: embedded });
    if (embedded?.kind === 'mapping' && format.recognises(embedded)) continue;
    report.note({ place: keyPlace, path: ['data', key] }, `holds no ${format.title}`, []);
  }
  return sources;
}
