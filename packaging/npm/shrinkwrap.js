// Writes npm-shrinkwrap.json: the lockfile without what only developers need. npm publishes a file of this name, so that
// `npx` runs what was tested.
import { readFileSync, writeFileSync } from 'node:fs';

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const packages = Object.entries(lock.packages).filter(([, { dev, devOptional }]) => !dev && !devOptional);
lock.packages = Object.fromEntries(packages);
delete lock.packages[''].devDependencies;
writeFileSync('npm-shrinkwrap.json', `${JSON.stringify(lock, null, 2)}\n`);
