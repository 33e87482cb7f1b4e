/** Reads the media type and the codings of a body, and the type of its answer, from the headers (docs/http.md «Headers»). */
import { MIMEType } from 'node:util';
import type { accepts } from 'hono/accepts';

const UTF8 = /^utf-?8$/i;

function parse(header: string): MIMEType | undefined {
  try {
    return new MIMEType(header);
  } catch {
    // The error has no further information.
    return undefined;
  }
}

/** Returns the media type in lower case, without parameters; undefined if malformed, or with a charset other than UTF-8. */
export function mediaType(header: string): string | undefined {
  const type = parse(header);
  return UTF8.test(type?.params.get('charset') ?? 'utf-8') ? type?.essence : undefined;
}

/** Returns the codings of a header in lower case, without those that change nothing. */
const codingsIn = (header: string): readonly string[] =>
  header
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');

/** Returns the codings of `content-encoding` and of `transfer-encoding`, of which Node has decoded `chunked`. */
export const codings = (content: string, transfer: string): readonly string[] => [
  ...codingsIn(content),
  ...codingsIn(transfer).filter((coding) => coding !== 'chunked'),
];

type Choice = NonNullable<Parameters<typeof accepts>[1]['match']>;

const wildness = ({ type }: { readonly type: string }): number => type.split('*').length;

/** Chooses the type wanted most, each by the closest range that holds it. The range of all types means the default. */
export const chooseType: Choice = (accepted, { supports, default: preferred }) => {
  const ranges = accepted.map(({ type, q }) => ({ type: type.toLowerCase().replace(/^\*$/, '*/*'), q }));
  const closestTo = (type: string) =>
    [type, type.replace(/\/.*/, '/*'), ...(type === preferred ? ['*/*'] : [])]
      .map((form) => ranges.find((range) => range.type === form))
      .find((range) => range !== undefined);
  const closest = supports.map(closestTo);
  const [best] = ranges
    .filter((range) => range.q > 0 && closest.includes(range))
    .toSorted((a, b) => b.q - a.q || wildness(a) - wildness(b));
  return (best && supports[closest.indexOf(best)]) ?? preferred;
};
