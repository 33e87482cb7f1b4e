/**
 * The descriptors of every .proto file of the contract (CONTRIBUTING.md «The wire contract») and of its imports,
 * comments and options included, as `npm run generate` wrote them.
 */
import { readFileSync } from 'node:fs';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import type { DescField, DescMessage, DescService, FileRegistry } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { SERVICE } from '../rpcs.js';

const bytes = readFileSync(new URL('../gen/descriptor.binpb', import.meta.url));

export const descriptors: FileRegistry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));

function present<T>(found: T | undefined, name: string): T {
  if (found === undefined) throw new Error(`the descriptors have no ${name}`);
  return found;
}

/** The message by its full name. */
export const messageNamed = (name: string): DescMessage => present(descriptors.getMessage(name), name);

/** The service of this program. */
export const JOB_SERVICE: DescService = present(descriptors.getService(SERVICE), `service ${SERVICE}`);

export const isValue = ({ typeName }: DescMessage): boolean => typeName === 'google.protobuf.Value';

/** The name of a field in errors: of the two names of an alias the long one, also the name of its oneof. */
export function pathName({ name, oneof }: DescField): string {
  const long = oneof?.name.replace(/_alias$/, '');
  return oneof?.fields.some((member) => member.name === long) === true && long !== undefined ? long : name;
}
