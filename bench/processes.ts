// Processes as the kernel sees them: the CPU time and the peak memory of one and of its children.
import { readdirSync, readFileSync } from 'node:fs';

const NANOSECONDS = 1_000_000;

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // A thread or a process that has just ended has no files any more.
    return '';
  }
};

const tasksOf = (pid: number): readonly string[] => readdirSync(`/proc/${pid}/task`);

function treeOf(pid: number): readonly number[] {
  const children = tasksOf(pid).flatMap((task) => read(`/proc/${pid}/task/${task}/children`).split(' '));
  return [pid, ...children.filter((each) => each.trim() !== '').flatMap((child) => treeOf(Number(child)))];
}

/** Milliseconds of CPU that the threads of `pid` and of its children have taken so far. */
export function cpuOf(pid: number): number {
  const threads = treeOf(pid).flatMap((each) => tasksOf(each).map((task) => `/proc/${each}/task/${task}`));
  const taken = threads.map((thread) => Number(read(`${thread}/schedstat`).split(' ')[0] ?? 0));
  return taken.reduce((sum, each) => sum + each, 0) / NANOSECONDS;
}

/** The most memory, in MiB, that was resident at once. */
export const peakOf = (pid: number): number =>
  Number(/VmHWM:\s*(\d+)/.exec(read(`/proc/${pid}/status`))?.[1]) / 1024;
