import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunResult, run } from '../support/processes.ts';

/** What never happens is given up after this. It is no measure: on a busy machine everything may take long. */
const LIMIT_SECONDS = 600;

/**
 * Boots the system in `root` with its own systemd and a network of its own, in which only loopback is up. What it writes
 * is kept in memory and gone at the end.
 */
export async function bootContainer(root: string): Promise<Container> {
  const flags = [
    '--quiet',
    '--boot',
    `--directory=${root}`,
    '--volatile=overlay',
    `--machine=query-exporter-${process.pid}`,
    '--private-network',
    '--console=pipe',
    // There may be no systemd outside of the container that would keep the books.
    '--register=no',
    '--keep-unit',
    '--link-journal=no',
    '--resolv-conf=off',
    '--timezone=off',
  ];
  // systemd from 258 on does not boot on the old hierarchy, which a host may still have.
  const env = { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1', UNIFIED_CGROUP_HIERARCHY: '1' };
  const nspawn = spawn('systemd-nspawn', flags, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [nspawn.stdout, nspawn.stderr]) stream.on('data', (chunk) => (output += chunk));
  const container = new Container(nspawn);
  try {
    await container.until('systemctl is-system-running | grep -qx -e running -e degraded');
    return container;
  } catch (error) {
    await container[Symbol.asyncDispose]();
    throw new Error(`the container does not boot: ${output}`, { cause: error });
  }
}

export class Container implements AsyncDisposable {
  readonly #nspawn: ChildProcess;

  constructor(nspawn: ChildProcess) {
    this.#nspawn = nspawn;
  }

  /** Runs a shell script as root inside and gives what it printed on both streams, without the last newline. */
  async sh(script: string, input?: string | Uint8Array): Promise<string> {
    const { ok, output } = await this.attempt(script, input);
    if (!ok) throw new Error(`failed: ${script}\n${output}`);
    return output.trimEnd();
  }

  /** The same for a script that may fail. */
  attempt(script: string, input?: string | Uint8Array): Promise<RunResult> {
    const enter = this.enter(
      'timeout',
      '--kill-after=5s',
      `${LIMIT_SECONDS}s`,
      '/bin/sh',
      '-euc',
      `cd /root\n${script}`,
    );
    if (enter === null) return Promise.resolve({ ok: false, output: 'the container is not up' });
    return run(enter.command, enter.args, { env: enter.env, ...(input !== undefined && { input }) });
  }

  /** How to start a command as root inside; null while the container is not up. */
  enter(...command: readonly string[]) {
    const leader = this.#leader();
    if (leader === null) return null;
    return {
      command: 'nsenter',
      args: ['--target', leader, '--all', ...command],
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LC_ALL: 'C.UTF-8' },
    };
  }

  /** Repeats a script until it succeeds. */
  async until(script: string): Promise<void> {
    const end = performance.now() + LIMIT_SECONDS * 1_000;
    for (;;) {
      const { ok, output } = await this.attempt(script);
      if (ok) return;
      if (performance.now() > end) throw new Error(`waited in vain: ${script}\n${output}`);
      await sleep(100);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const leader = this.#leader();
    // The first process of a PID namespace takes all others along.
    if (leader !== null) process.kill(Number(leader), 'SIGKILL');
    else this.#nspawn.kill('SIGKILL');
    if (this.#nspawn.exitCode === null && this.#nspawn.signalCode === null) await once(this.#nspawn, 'exit');
  }

  /** The process outside that is process 1 inside. */
  #leader(): string | null {
    try {
      const { pid } = this.#nspawn;
      return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0] || null;
    } catch {
      return null;
    }
  }
}
