/** Ends with 1 and one line where this machine cannot boot a container: `npm run test:systemd` begins with it. */
import { whereIs } from '../support/processes.ts';

const PACKAGES = {
  'systemd-nspawn': 'systemd-container',
  debootstrap: 'debootstrap',
  'dpkg-deb': 'dpkg',
  nsenter: 'util-linux',
};

const missing = Object.entries(PACKAGES).filter(([command]) => whereIs(command) === null);
const problems = [
  ...(process.getuid?.() === 0 ? [] : ['it needs root']),
  ...missing.map(([command, name]) => `${command} is missing, install ${name}`),
];
if (problems.length > 0) {
  process.stderr.write(`test:systemd: ${problems.join('; ')}\n`);
  process.exitCode = 1;
}
