import { readFileSync } from 'node:fs';

/** Clock ticks a second of /proc (USER_HZ); fixed at 100 on every Linux architecture we run on. */
const TICKS = 100;

/** CPU seconds a process has used so far, user and system. Linux only. */
export function cpuSeconds(pid: number): number {
  // the command name, in parentheses, may hold spaces: count fields after it
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** The most memory a process ever had resident, MiB. Linux only. */
export function peakRssMiB(pid: number): number {
  return statusMiB(pid, 'VmHWM');
}

/** The memory a process has resident now, MiB. Linux only. */
export function rssMiB(pid: number): number {
  return statusMiB(pid, 'VmRSS');
}

function statusMiB(pid: number, field: string): number {
  const kib = new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) / 1024;
}
