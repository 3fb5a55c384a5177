import { readConfigFile } from '../../config/config-file.ts';
import { listConfigFiles, STANDARD_INPUT } from '../../config/files.ts';
import { Findings } from '../../config/findings.ts';
import { FORMATS, recognisePeer } from './formats.ts';

/** What to do with configuration files that are a peer's; null: none of them is. */
export function peerAdvice(paths: readonly string[]): string | null {
  const files = paths.filter((path) => path !== STANDARD_INPUT).flatMap((path) => listConfigFiles(path).files);
  const tags = FORMATS.flatMap((format) => format.tags);
  for (const [order, file] of files.entries()) {
    const root = readConfigFile(file, order, new Findings(), { tags, outdentedQuotes: true });
    const format = root === null ? null : recognisePeer(root);
    if (format !== null) {
      return `${file}: is a configuration of ${format.title}: query-exporter convert ${format.name} ${file} makes one of ours`;
    }
  }
  return null;
}
