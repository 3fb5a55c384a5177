/**
 * Measures the exporter beside others that do the same, on this machine: `npm run bench -- [SUBJECT…] [--before COMMIT|FOLDER]
 * [--json]`.
 * The peers are Debian's packages, fetched where they are not installed.
 */
import { spawn } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SUBJECTS } from './subjects.ts';
import { toText } from './support/print.ts';
import { isMet, type MeasuredSubject } from './support/subject.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean', default: false }, before: { type: 'string' } },
    allowPositionals: true,
  });
  const names = SUBJECTS.map(({ name }) => name);
  const unknown = positionals.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`bench: no subject "${unknown}", there are ${names.join(', ')}\n`);
    return 2;
  }
  const wanted = positionals.length === 0 ? names : names.filter((name) => positionals.includes(name));
  const before = values.before ?? null;
  if (values.json) await printJson(wanted, before);
  else await printText(wanted, before);
  return 0;
}

async function printText(names: readonly string[], before: string | null): Promise<void> {
  process.stdout.write(`${describeMachine()}\n`);
  for (const name of names) {
    const { about, notRun, seconds, ...report } = await measure(name, before);
    process.stdout.write(`\n${name}: ${about}\n\n${toText(report)}`);
    for (const problem of notRun) process.stdout.write(`not run: ${problem}\n`);
    process.stdout.write(`measured in ${seconds} s\n`);
  }
}

async function printJson(names: readonly string[], before: string | null): Promise<void> {
  const machine = describeMachine();
  const subjects: object[] = [];
  for (const name of names) {
    const measured = await measure(name, before);
    subjects.push({ ...measured, goals: measured.goals.map((goal) => ({ ...goal, met: isMet(goal) })) });
  }
  process.stdout.write(`${JSON.stringify({ machine, subjects }, null, 2)}\n`);
}

/** In a process of its own, so that no subject pays for what another one left in memory. */
function measure(name: string, before: string | null): Promise<MeasuredSubject> {
  const script = fileURLToPath(new URL('./processes/subject.js', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, name, ...(before === null ? [] : [before])], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(Buffer.concat(chunks).toString()) as MeasuredSubject);
      else reject(new Error(`${name} could not be measured`));
    });
  });
}

/** Numbers of different machines are not comparable, nor are those of a busy one. */
function describeMachine(): string {
  const [cpu] = cpus();
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  const load = loadavg()[0]?.toFixed(1);
  return `${cpus().length} × ${cpu?.model ?? 'unknown'}, ${memoryGb} GB, Node.js ${process.version}, load ${load}`;
}
