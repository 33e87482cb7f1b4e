// Conditions of the explorer as pure functions: values as they are typed, links that narrow a view, and times as they are now.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { absolute } from '../../explorer/state/absolute.js';
import { typed, typedList, valueFault } from '../../explorer/state/conditions.js';
import { DEFAULT_ROUTE } from '../../explorer/state/route.js';
import { withCondition, withConditions } from '../../explorer/state/with-conditions.js';

const NOW = Date.UTC(2026, 10, 26, 9, 30);

const condition = ([key = '', operator = '', value = '']: readonly string[]) => ({ key, operator, value });

describe('a text', () => {
  const LIKE_NUMBERS = fc.stringMatching(/^-?[0-9.eE+-]{1,24}$/);

  test('of any kind is asked as it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), LIKE_NUMBERS), (text) => {
        expect(valueFault(condition(['k', 'eq', typed(text)]))).toBe('');
        expect(valueFault(condition(['k', 'in', typedList([text, 'more'])]))).toBe('');
      }),
      { seed: 7, numRuns: 2000 },
    );
  });

  test.each([
    ['eq', '1.4.2'],
    ['eq', '10.0.0.5'],
    ['eq', '2024.01.15'],
    ['eq', '12..'],
    ['eq', '0012345678901234567'],
    ['in', '1.4.2, 10.0.0.5'],
    ['in', '[1.4.2'],
    ['match', '{"version": 1.4.2}'],
  ])('that looks like a number, %s %s, is none', (operator, value) => {
    expect(valueFault(condition(['k', operator, value]))).toBe('');
  });

  test.each([
    ['in', '1.4.2, 9007199254740993', '9007199254740993'],
    ['in', '{"n": 1e999}, 2', '1e999'],
    ['match', ' {"n": "1.4.2", "m": 12345678901234567890} ', '12345678901234567890'],
  ])('beside a number does not hide it: %s %s', (operator, value, number) => {
    expect(valueFault(condition(['k', operator, value]))).toContain(`${number} cannot be asked`);
  });
});

describe('a link that adds', () => {
  const FAILED = ['status', 'in', 'ERROR, TIMEOUT'];
  const CODE = ['errors.error_code', 'eq', 'E'];

  test.each([
    ['to none', [], [FAILED, CODE], [FAILED, CODE]],
    [
      'to others on the same key keeps them',
      [
        ['status', 'eq', 'ERROR'],
        ['errors.error_code', 'contain', 'x'],
      ],
      [CODE],
      [['status', 'eq', 'ERROR'], ['errors.error_code', 'contain', 'x'], CODE],
    ],
    [
      'what one of them implies adds nothing',
      [['status', 'eq', 'ERROR']],
      [FAILED],
      [['status', 'eq', 'ERROR']],
    ],
    ['what implies one takes its place', [['errors.error_code', 'in', 'F, E']], [CODE], [CODE]],
    [
      'to another code keeps both',
      [['errors.error_code', 'in', 'F, G']],
      [CODE],
      [['errors.error_code', 'in', 'F, G'], CODE],
    ],
    ['itself changes nothing', [FAILED], [FAILED], [FAILED]],
    [
      'a relative one twice has it once',
      [['created_at', 'timediff_lt', 'now - 1d']],
      [['created_at', 'timediff_lt', 'now - 1d']],
      [['created_at', 'timediff_lt', 'now - 1d']],
    ],
    [
      'to a condition on null keeps it',
      [['errors.error_code', 'in', '["E", null]']],
      [CODE],
      [['errors.error_code', 'in', '["E", null]'], CODE],
    ],
  ])('%s', (_, own, further, expected) => {
    const route = { ...DEFAULT_ROUTE, start: 26, filter: own.map(condition) };
    expect(withConditions(route, further.map(condition))).toEqual({
      start: 1,
      filter: expected.map(condition),
    });
  });

  test('a collector asks for its id as text', () => {
    expect(withCondition(DEFAULT_ROUTE, 'collector_id', '5')).toEqual({
      start: 1,
      filter: [condition(['collector_id', 'eq', '"5"'])],
    });
  });
});

describe('as it is now', () => {
  const from = Date.UTC(2026, 10, 25, 10);

  test.each([
    [
      ['created_at', 'timediff_lt', 'now - 150m'],
      ['created_at', 'datetime_lt', '2026-11-26T07:00:00.000Z'],
    ],
    [
      ['finished_at', 'timediff_gte', 'now/w - 1w'],
      ['finished_at', 'datetime_gte', '2026-11-16T00:00:00.000Z'],
    ],
    [
      ['created_at', 'timediff_lt', 'yesterday'],
      ['created_at', 'timediff_lt', 'yesterday'],
    ],
    [
      ['created_at', 'contain', 'now - 1h'],
      ['created_at', 'contain', 'now - 1h'],
    ],
  ])('the condition %j is %j', (given, expected) => {
    const [filter, dated] = [[condition(given)], [condition(expected)]];
    const route = { ...DEFAULT_ROUTE, window: 'all', filter, filterOr: filter };
    expect(
      absolute({ route, timeRange: { from: undefined, to: undefined, unit: 'week' }, now: NOW }),
    ).toEqual({
      ...route,
      filter: dated,
      filterOr: dated,
    });
  });

  test.each([
    [undefined, '2026-11-25T10:00:00.000Z/2026-11-26T09:30:00.000Z'],
    [NOW - 1, '2026-11-25T10:00:00.000Z/2026-11-26T09:29:59.999Z'],
  ])('a window to %s has two times', (to, window) => {
    const route = { ...DEFAULT_ROUTE, window: '24h' };
    expect(absolute({ route, timeRange: { from, to, unit: 'hour' }, now: NOW })).toEqual({
      ...route,
      window,
    });
  });
});
