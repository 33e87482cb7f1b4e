// The conditions of group fields, a row a case, with the rows that it gives.
import { counted, x, useShapes, testRows } from './shapes.js';
import { testNoFaults } from '../../harness/use-service.js';
import type { Case } from './shapes.js';

const shapes = useShapes('stages-row-conditions');

const CONDITIONS: readonly Case[] = [
  ['eq', counted('status', 'eq', 'A'), x(2)],
  ['eq null is missing or null', counted('status', 'eq', null), x(3)],
  ['eq without a value is eq null', counted('status', 'eq'), x(3)],
  ['eq compares numbers by value', counted('total_tasks', 'eq', 7), x(1)],
  ['eq compares arrays whole', counted('a', 'eq', ['x', 'y']), x(1)],
  ['eq does not look into arrays', counted('a', 'eq', 'x'), x(1)],
  ['eq compares objects whole', counted('o', 'eq', { p: 1, q: 'z' }), x(1)],
  ['eq takes the order of names', counted('o', 'eq', { q: 'z', p: 1 }), x(0)],
  ['eq takes ISO text on a date field', counted('created_at', 'eq', '2024-01-02'), x(1)],
  ['eq takes text on other fields', counted('t', 'eq', '2024-01-01'), x(1)],
  ['not', counted('status', 'not', 'A'), x(5)],
  ['not null', counted('status', 'not', null), x(4)],
  ['not of an array', counted('a', 'not', ['x', 'y']), x(6)],
  ['gt', counted('total_tasks', 'gt', 2.5), x(2)],
  ['gte', counted('total_tasks', 'gte', 2.5), x(3)],
  ['lt within the type', counted('total_tasks', 'lt', 100), x(3)],
  ['lte of text', counted('total_tasks', 'lte', 'many'), x(1)],
  ['lt null', counted('total_tasks', 'lt', null), x(0)],
  ['gte without a value', counted('total_tasks', 'gte'), x(0)],
  ['lt of a bool', counted('total_tasks', 'lt', true), x(0)],
  ['gt takes ISO text on a date field', counted('created_at', 'gt', '2024-01-01'), x(2)],
  ['a text beginning with $ is text', counted('status', 'eq', '$status'), x(0)],
  ['a field of the collector', counted('collector.name', 'eq', 'First'), x(2)],
  ['a date of the collector', counted('collector.created_at', 'lte', '2020-01-01'), x(2 + 1)],
  ['what lacks a collector of its domain', counted('collector.name', 'eq', null), x(4)],
];

testRows(shapes, 'a condition on rows', CONDITIONS);

testNoFaults(shapes.service);
