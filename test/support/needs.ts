import { whereIs } from './processes.ts';

/**
 * Ends the process with 1 and one line where this machine cannot run a suite: without root, or without one of the commands.
 * These are given with the Debian package that has each.
 */
export function requireRootAnd(suite: string, packages: Readonly<Record<string, string>>): void {
  const missing = Object.entries(packages).filter(([command]) => whereIs(command) === null);
  const problems = [
    ...(process.getuid?.() === 0 ? [] : ['it needs root']),
    ...missing.map(([command, name]) => `${command} is missing, install ${name}`),
  ];
  if (problems.length === 0) return;
  process.stderr.write(`${suite}: ${problems.join('; ')}\n`);
  process.exit(1);
}
