// The service for the tests of a file or block, as hooks and tests of jest.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import type { Replaced } from '../../src/start/context.js';
import { createService } from './service.js';
import type { Service } from './service.js';

/** Serves a database before the tests, as startService does, until their end. */
export function useService(...options: Parameters<typeof createService>): Service {
  const service = createService(...options);
  beforeAll(service.start);
  afterAll(service.stop);
  return service;
}

/** Serves collections with a collation that ignores case: operations that name no collation take that of their collection. */
export function useServiceIgnoringCase(...options: Parameters<typeof createService>): Service {
  const service = createService(...options);
  const create = (name: string) =>
    service.db.createCollection(name, { collation: { locale: 'en', strength: 2 } });
  beforeAll(async () => {
    await Promise.all(['job', 'collector'].map(create));
    await service.start();
  });
  afterAll(service.stop);
  return service;
}

/** Monitors commands, for useCommands. */
export const MONITORED = { mongo: { monitorCommands: true } } as const satisfies Replaced;

/** The commands for the calls of each test. */
export function useCommands(service: Service): Document[] {
  const commands: Document[] = [];
  service.onCommand((command) => commands.push(command));
  beforeEach(() => {
    commands.length = 0;
  });
  return commands;
}

/** Adds the last test of a file. */
export function testNoFaults(service: Pick<Service, 'faults'>): void {
  test('no request was a fault of the service', () => {
    expect(service.faults).toEqual([]);
  });
}
