// A file whose read hangs, as on a disk that is gone: a pipe without a writer.
import { execFile } from 'node:child_process';
import { open, rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface HangingFile {
  /** Removes the file, and ends the read that hangs, with nothing. */
  release(): Promise<void>;
}

/** Replaces the file at `path` by one whose read hangs. */
export async function hangReads(path: string): Promise<HangingFile> {
  const pipe = `${path}.pipe`;
  await promisify(execFile)('mkfifo', [pipe]);
  await rename(pipe, path);
  return {
    async release() {
      const writer = await open(path, 'w');
      await rm(path);
      await writer.close();
    },
  };
}
