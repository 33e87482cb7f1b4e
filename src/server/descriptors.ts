/**
 * The descriptors of every .proto file of the wire contract (docs/architecture.md) and of its imports, comments and
 * options included, as `npm run generate` wrote them.
 */
import { readFileSync } from 'node:fs';
import { createFileRegistry, fromBinary, type FileRegistry } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

const bytes = readFileSync(new URL('../gen/descriptor.binpb', import.meta.url));

export const descriptors: FileRegistry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
