import { spawn } from 'node:child_process';

/**
 * Ends the process with a status. `process.exit` waits for calls to the system that hang, such as a write to a disk that does
 * not answer, and takes every thread of ours along: so another process looks on, and kills this one after the grace time.
 */
export function exitForSure(status: number, graceMs: number): void {
  // Its input ends with this process, whose number may be another one's then.
  const script = `setTimeout(() => process.kill(${process.pid}, 'SIGKILL'), ${graceMs});
    process.stdin.on('close', () => process.exit()).resume();`;
  const onlooker = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'ignore', 'ignore'], env: {} });
  onlooker.once('spawn', () => process.exit(status));
  onlooker.once('error', () => process.exit(status));
}
