import { readFileSync } from 'node:fs';

/** The kernel tells processor time to programs in hundredths of a second, whatever its own clock is (USER_HZ). */
const MS_PER_TICK = 10;

/** User and system time of all threads since the process began, to 10 ms. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name, in parentheses, may hold spaces; the fields are counted behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** The most memory that was ever resident. */
export function peakMemoryMb(pid: number): number {
  return statusMb(pid, 'VmHWM');
}

export function memoryMb(pid: number): number {
  return statusMb(pid, 'VmRSS');
}

function statusMb(pid: number, field: string): number {
  const kb = new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return Number(kb) / 1024;
}
