// Malformed texts, and the places in a job where they are stored.
import { element, rawObject } from '../harness/raw.js';
import type { Element } from '../harness/raw.js';

/** A text of these bytes. */
export const bytes = (latin1: string): Buffer => Buffer.from(latin1, 'latin1');
export function text(latin1: string, type = 0x02): Element {
  const length = Buffer.alloc(4);
  length.writeInt32LE(latin1.length + 1);
  return { type, bytes: Buffer.concat([length, bytes(latin1), Buffer.of(0)]) };
}
export const list = (...items: readonly Element[]): Element => ({
  ...rawObject(items.map((item, i) => [String(i), item])),
  type: 0x04,
});

/** Texts with bytes other than UTF-8, in the middle, at the ends and alone, and their form in answers. */
export const WRONG = {
  'two bytes that are never there': ['abc\xff\xfe Z timeout', 'abc\ufffd\ufffd Z timeout'],
  'a byte at the end': ['timeout\x80', 'timeout\ufffd'],
  'a byte at the beginning': ['\xbftimeout', '\ufffdtimeout'],
  'a character cut off': ['timeout \xe2\x82', 'timeout \ufffd'],
  'a character cut off in the middle': ['time\xf0\x9f\x98out timeout', 'time\ufffdout timeout'],
  'an overlong slash': ['\xc0\xaf timeout', '\ufffd\ufffd timeout'],
  'a surrogate': ['timeout \xed\xa0\x80', 'timeout \ufffd\ufffd\ufffd'],
  'a pair of surrogates': [
    '\xed\xa0\xbd\xed\xb8\x80 timeout',
    '\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd timeout',
  ],
  'a character beyond Unicode': ['\xf4\x90\x80\x80 timeout', '\ufffd\ufffd\ufffd\ufffd timeout'],
  'Latin-1 beside UTF-8': ['timeout \xe9 \xc3\xa9', 'timeout \ufffd \u00e9'],
  'a NUL beside it': ['time\0out timeout\xff', 'time\0out timeout\ufffd'],
  'a long text': [`${'long '.repeat(12_000)}\xff timeout`, `${'long '.repeat(12_000)}\ufffd timeout`],
} as const;

export const SHOWN = Object.values(WRONG).map(([, shown]) => shown);
export const BROKEN = Object.keys(WRONG).map((_, nth) => `broken-${String(nth).padStart(2, '0')}`);

export interface Place {
  /** The key, and a job with `value` there. */
  readonly key: string;
  readonly job: (value: Element) => readonly (readonly [string, Element])[];
}

export const document = (name: string, value: Element): Element => rawObject([[name, value]]);

export const PLACES: Readonly<Record<string, Place>> = {
  'a free field': { key: 'filters.s', job: (value) => [['filters', document('s', value)]] },
  'a field of a job': { key: 'status', job: (value) => [['status', value]] },
  'a symbol': {
    key: 'filters.s',
    job: (value) => [['filters', document('s', { ...value, type: 0x0e })]],
  },
  'a text of a list': {
    key: 'filters.s',
    job: (value) => [['filters', document('s', list(element(1), text('ordinary'), value))]],
  },
  'one of several errors': {
    key: 'errors.message',
    job: (value) => [
      [
        'errors',
        list(document('message', text('ordinary')), document('message', value), element({ message: 'x' })),
      ],
    ],
  },
  'the second of several errors': {
    key: 'errors.1.message',
    job: (value) => [['errors', list(element({ message: 'ordinary' }), document('message', value))]],
  },
  'lists within lists of objects': {
    key: 'errors.additional.list.s',
    job: (value) => [
      [
        'errors',
        list(
          document('additional', document('list', list(element({ s: 'ordinary' }), document('s', value)))),
        ),
      ],
    ],
  },
};
