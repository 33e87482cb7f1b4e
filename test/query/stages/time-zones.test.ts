// The names of time zones: those of IANA, and none of ICU's own.
import { describe, expect, test } from '@jest/globals';
import { zoneName } from '../../../src/query/stages/time-zones.js';

const OF_ICU =
  'ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT NET NST PLT PNT PRT PST SST VST'.split(
    ' ',
  );

/** Names that begin or end like one of ICU, or are short like them. */
const LIKE_ICU = [
  ...['CST6CDT', 'PST8PDT', 'EST5EDT', 'MST7MDT', 'cst6cdt'],
  ...['EST', 'MST', 'HST', 'CET', 'EET', 'MET', 'WET', 'GMT', 'UTC', 'PRC', 'ROC', 'ROK'],
];

describe('a time zone is known', () => {
  test.each(LIKE_ICU)('%s', (name) => {
    expect(zoneName(name)).toBeDefined();
  });

  test('by each of its names for Node', () => {
    const names = Intl.supportedValuesOf('timeZone');
    expect(names.filter((name) => zoneName(name) !== name)).toEqual([]);
    expect(names.filter((name) => zoneName(name.toLowerCase()) !== name)).toEqual([]);
  });

  test.each(['+00:00', '-00:30', '+05:45', '+19:59', '-23:59'])('as the offset %s', (offset) => {
    expect(zoneName(offset)).toBe(offset);
  });
});

describe('a time zone is not known', () => {
  test.each([
    ...OF_ICU,
    ...OF_ICU.map((name) => name.toLowerCase()),
    ...['SystemV/AST4', 'SystemV/PST8PDT', 'systemv/est5'],
    ...['', 'Europe', 'Europe/Nowhere', ' UTC', 'UTC ', '1UTC'],
    ...['+24:00', '+05:60', '+5:00', '+0500', '+05', '05:00', '+05:00:00', 'x+05:00'],
  ])('%j', (name) => {
    expect(zoneName(name)).toBeUndefined();
  });
});
