/**
 * The descriptors of every .proto file of the wire contract (docs/architecture.md) and of its imports, comments and
 * options included, as `npm run generate` wrote them.
 */
import { readFileSync } from 'node:fs';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import type { DescMessage, DescService, FileRegistry } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

const bytes = readFileSync(new URL('../gen/descriptor.binpb', import.meta.url));

export const descriptors: FileRegistry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));

function present<T>(found: T | undefined, name: string): T {
  if (found === undefined) throw new Error(`the descriptors have no ${name}`);
  return found;
}

/** The message by its full name. */
export const messageNamed = (name: string): DescMessage => present(descriptors.getMessage(name), name);

/** The service whose calls this program answers. */
export const JOB: DescService = present(
  descriptors.getService('spaceone.api.inventory.v1.Job'),
  'service Job',
);
