// The CPU time and the peak memory of a process and its children, from /proc.
import { readdirSync, readFileSync } from 'node:fs';

const NANOSECONDS_PER_MS = 1_000_000;

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // A thread or a process has just ended.
    return '';
  }
};

const tasksOf = (pid: number): readonly string[] => readdirSync(`/proc/${pid}/task`);

function treeOf(pid: number): readonly number[] {
  const children = tasksOf(pid).flatMap((task) => read(`/proc/${pid}/task/${task}/children`).split(' '));
  return [pid, ...children.filter((each) => each.trim() !== '').flatMap((child) => treeOf(Number(child)))];
}

/** Milliseconds of CPU time used so far by the threads of `pid` and its children. */
export function cpuOf(pid: number): number {
  const threads = treeOf(pid).flatMap((each) => tasksOf(each).map((task) => `/proc/${each}/task/${task}`));
  const taken = threads.map((thread) => Number(read(`${thread}/schedstat`).split(' ')[0] ?? 0));
  return taken.reduce((sum, each) => sum + each, 0) / NANOSECONDS_PER_MS;
}

/** The peak resident memory, in MiB. */
export const peakOf = (pid: number): number =>
  Number(/VmHWM:\s*(\d+)/.exec(read(`/proc/${pid}/status`))?.[1]) / 1024;
