// Writes what makes an image in Docker's form anew in FOLDER, where an archive of it was unpacked: without the names that the
// build gave its container, which differ from one build to the next, and without what only Docker before 1.10 read.
// Usage: fix-image.js FOLDER NAME:TAG
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, tag] = process.argv.slice(2);
const [{ Config: file, Layers: layers }] = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
const { container, container_config, config, ...image } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
delete config.Hostname;
for (const name of readdirSync(folder)) {
  if (!layers.includes(name)) rmSync(join(folder, name), { recursive: true });
}
const text = JSON.stringify({ ...image, config });
const name = `${createHash('sha256').update(text).digest('hex')}.json`;
writeFileSync(join(folder, name), text);
writeFileSync(join(folder, 'manifest.json'), JSON.stringify([{ Config: name, RepoTags: [tag], Layers: layers }]));
