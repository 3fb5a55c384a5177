// Prints the bill of materials that npm wrote to FILE, with Node.js VERSION in it, and without what differs from one build of
// a commit to the next. Usage: fix-sbom.js FILE VERSION, with SOURCE_DATE_EPOCH set.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [file, nodeVersion] = process.argv.slice(2);
const sbom = JSON.parse(readFileSync(file, 'utf8'));
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const node = nodeVersion.replace('v', '');

// npm calls it after the folder.
Object.assign(sbom.metadata.component, { type: 'application', name: 'query-exporter' });
sbom.metadata.timestamp = new Date(Number(process.env.SOURCE_DATE_EPOCH) * 1_000).toISOString();
sbom.components.push({
  'bom-ref': `node@${node}`,
  type: 'platform',
  name: 'node',
  version: node,
  purl: `pkg:generic/node@${node}`,
  cpe: `cpe:2.3:a:nodejs:node.js:${node}:*:*:*:-:*:*:*`,
  licenses: [{ license: { id: 'MIT' } }],
});
const root = sbom.dependencies.find(({ ref }) => ref === `query-exporter@${version}`);
root.dependsOn.push(`node@${node}`);
sbom.serialNumber = `urn:uuid:${uuidOf(JSON.stringify([sbom.metadata.timestamp, sbom.components]))}`;
process.stdout.write(`${JSON.stringify(sbom, null, 2)}\n`);

/** Version 8 of RFC 9562, where the maker says what the bits are. */
function uuidOf(text) {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
