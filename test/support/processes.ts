import { readdirSync, readFileSync } from 'node:fs';

/** A process that lives; one that ended and was not waited for yet is none. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly args: readonly string[];
}

/** For a test's `skip`: false where /proc tells about processes. */
export const noProcFileSystem = process.platform !== 'linux' && 'needs /proc, which Linux has';

/** The processes with this assignment, `NAME=value`, in the environment they were started with. */
export function processesWith(assignment: string): ProcessInfo[] {
  return processes().filter(({ pid }) => readProc(pid, 'environ').split('\0').includes(assignment));
}

export function childrenOf(parent: number): ProcessInfo[] {
  return processes().filter((info) => info.parent === parent);
}

function processes(): ProcessInfo[] {
  const found: ProcessInfo[] = [];
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const pid = Number(name);
    const [, state, parent] = /\) (\S) (\d+)/.exec(readProc(pid, 'stat')) ?? [];
    if (state === undefined || state === 'Z') continue;
    const args = readProc(pid, 'cmdline').split('\0').filter(Boolean);
    found.push({ pid, parent: Number(parent), args });
  }
  return found;
}

/** Empty when the process ended, or belongs to somebody else. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
