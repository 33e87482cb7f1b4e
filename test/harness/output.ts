// The output of a child process, through a pipe or through a file.
import { randomUUID } from 'node:crypto';
import { openSync, readSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

export interface Output {
  /** Its entry in the options of spawn. */
  readonly stdio: 'pipe' | number;
  /** Begins to read, once the child has been spawned. */
  attach(stream: Readable | null): void;
  /** All text so far. */
  text(): string;
}

/** Reads a pipe as data arrives, as a log collector does. */
function pipeOutput(): Output {
  const decoder = new StringDecoder();
  let text = '';
  return {
    stdio: 'pipe',
    attach(stream) {
      stream?.on('data', (chunk: Buffer) => {
        text += decoder.write(chunk);
      });
    },
    text: () => text,
  };
}

const CHUNK_BYTES = 64 * 1024;

/**
 * Reads a file on demand: a busy reader never blocks the child. The file has no name, so that nothing is left behind.
 */
function fileOutput(): Output {
  const path = join(tmpdir(), `output-${randomUUID()}`);
  const file = openSync(path, 'wx+');
  unlinkSync(path);
  const decoder = new StringDecoder();
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let [text, position] = ['', 0];
  return {
    stdio: file,
    attach: () => undefined,
    text() {
      for (;;) {
        const length = readSync(file, chunk, 0, CHUNK_BYTES, position);
        if (length === 0) return text;
        position += length;
        text += decoder.write(chunk.subarray(0, length));
      }
    },
  };
}

export const OUTPUTS = { pipe: pipeOutput, file: fileOutput } as const satisfies Record<string, () => Output>;
