// HTTP/1.1 requests as the exact bytes of a test, which client libraries would tidy, and their answers.
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { dial } from './tcp.js';

const ANSWER_TIMEOUT_MS = 10_000;

export interface RawAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** A request line, header lines and a body, with a content-length unless `lines` set the transfer. */
export function rawRequest(
  target: string,
  lines: readonly string[],
  body: Uint8Array | string = '',
  version = '1.1',
): Buffer {
  const content = Buffer.from(body);
  const isTold = lines.some((line) => /^(?:content-length|transfer-encoding):/i.test(line));
  const length = isTold || content.length === 0 ? [] : [`content-length: ${content.length}`];
  const head = [`${target} HTTP/${version}`, ...lines, ...length, 'connection: close', '', ''];
  return Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), content]);
}

function parsed(answer: Buffer): RawAnswer {
  const end = answer.indexOf('\r\n\r\n');
  const [first = '', ...lines] = answer.subarray(0, end).toString('latin1').split('\r\n');
  const headers = new Map(
    lines.map((line) => [line.replace(/:.*/s, '').toLowerCase(), line.replace(/^[^:]*: */, '')] as const),
  );
  const content = answer.subarray(end + 4);
  const isChunked = headers.get('transfer-encoding') === 'chunked';
  return {
    status: Number(first.split(' ')[1] ?? NaN),
    headers,
    body: isChunked ? unchunked(content) : content,
  };
}

function unchunked(content: Buffer): Buffer {
  const size = parseInt(content.toString('latin1', 0, content.indexOf('\r\n')), 16);
  if (!(size > 0)) return Buffer.alloc(0);
  const start = content.indexOf('\r\n') + 2;
  return Buffer.concat([
    content.subarray(start, start + size),
    unchunked(content.subarray(start + size + 2)),
  ]);
}

/** Sends `request` to `address` on a new connection, and returns the answer after any 100 Continue. */
export async function sendRaw(address: string, request: Uint8Array): Promise<RawAnswer> {
  const socket = dial(address);
  socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy(new Error('no answer came')));
  await once(socket, 'connect');
  socket.write(request);
  const all = await buffer(socket);
  const interim = /^HTTP\/1\.1 100 [^\r]*\r\n\r\n/.exec(all.toString('latin1', 0, 64))?.[0].length ?? 0;
  return parsed(all.subarray(interim));
}
