/**
 * gRPC server reflection, v1 and v1alpha, over the bytes of the descriptor set (CONTRIBUTING.md «The wire contract»).
 * An answer contains exactly the requested file, under its real name and with its options: some deployed clients read only
 * the first file, others take the services of every file. Clients request imports by their names.
 */
import {
  toBinary,
  type DescEnum,
  type DescExtension,
  type DescFile,
  type DescMessage,
  type DescService,
  type FileRegistry,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { status, type ServerDuplexStream, type ServiceDefinition } from '@grpc/grpc-js';
import {
  ServerReflectionService,
  type ExtensionRequest,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  type ServerReflectionServer,
} from '../../gen/grpc/reflection/v1/reflection.js';
import { descriptors } from '../../wire/descriptors.js';
import { endWith } from './drain.js';

type Answer = NonNullable<ServerReflectionResponse['message_response']>;
type Declared = DescMessage | DescEnum | DescService | DescExtension;

/** One version of the reflection service, as `server.addService` takes it. */
export interface ReflectionService {
  readonly definition: ServiceDefinition<ServerReflectionServer>;
  readonly implementation: ServerReflectionServer;
}

/** v1alpha differs from v1 only in its name. */
const v1alpha = {
  serverReflectionInfo: {
    ...ServerReflectionService.serverReflectionInfo,
    path: '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
  },
};

/** Returns the full names of a type and its members; in protobuf, enum values are siblings of their enum. */
function symbolsOf(type: Declared): string[] {
  const within = (scope: string, members: readonly { readonly name: string }[]) =>
    members.map(({ name }) => `${scope}.${name}`);
  switch (type.kind) {
    case 'message':
      return [type.typeName, ...within(type.typeName, type.members)];
    case 'enum':
      return [type.typeName, ...within(type.parent?.typeName ?? type.file.proto.package, type.values)];
    case 'service':
      return [type.typeName, ...within(type.typeName, type.methods)];
    case 'extension':
      return [type.typeName];
  }
}

const notFound = (what: string): Answer => ({
  $case: 'error_response',
  value: { error_code: status.NOT_FOUND, error_message: `${what} not found` },
});

const extensionsOf = (message: string, known: FileRegistry): readonly DescExtension[] =>
  [...known].filter((type) => type.kind === 'extension').filter((type) => type.extendee.typeName === message);

function extensionNumbers(message: string, known: FileRegistry): Answer {
  if (!known.getMessage(message)) return notFound('Message');
  const numbers = extensionsOf(message, known).map((extension) => extension.number);
  return {
    $case: 'all_extension_numbers_response',
    value: { base_type_name: message, extension_number: numbers },
  };
}

/** Creates the responder for `known`. It serves every file, even those without a listed service: all are public. */
function createResponder(
  services: readonly string[],
  known: FileRegistry,
): (request: ServerReflectionRequest) => Answer {
  const fileOf = new Map([...known].flatMap((type) => symbolsOf(type).map((name) => [name, type.file])));
  const encoded = new Map<DescFile, Uint8Array>();
  /** Encodes a file with the first question about it: a start without such questions is a tenth of a second shorter. */
  function bytesOf(file: DescFile): Uint8Array {
    const bytes = encoded.get(file) ?? toBinary(FileDescriptorProtoSchema, file.proto);
    encoded.set(file, bytes);
    return bytes;
  }

  const fileAnswer = (what: string, file: DescFile | undefined): Answer => {
    if (file === undefined) return notFound(what);
    return { $case: 'file_descriptor_response', value: { file_descriptor_proto: [bytesOf(file)] } };
  };
  const extensionFile = ({ containing_type, extension_number }: ExtensionRequest): DescFile | undefined =>
    extensionsOf(containing_type, known).find((extension) => extension.number === extension_number)?.file;

  return ({ message_request: question }) => {
    switch (question?.$case) {
      case 'list_services':
        return { $case: 'list_services_response', value: { service: services.map((name) => ({ name })) } };
      case 'file_by_filename':
        return fileAnswer('File', known.getFile(question.value));
      case 'file_containing_symbol':
        return fileAnswer('Symbol', fileOf.get(question.value));
      case 'file_containing_extension':
        return fileAnswer('Extension', extensionFile(question.value));
      case 'all_extension_numbers_of_type':
        return extensionNumbers(question.value, known);
      case undefined:
        return notFound('Question');
    }
  };
}

/** Creates both versions of the reflection service for the given services; `closing` ends open streams. */
export function createReflectionServices(
  services: readonly string[],
  closing: AbortSignal,
  known: FileRegistry = descriptors,
): readonly ReflectionService[] {
  const answer = createResponder(services, known);

  const serverReflectionInfo = (
    call: ServerDuplexStream<ServerReflectionRequest, ServerReflectionResponse>,
  ): void => {
    endWith(closing, call);
    call.on('data', (request: ServerReflectionRequest) => {
      const response = {
        valid_host: request.host,
        original_request: request,
        message_response: answer(request),
      };
      if (!call.write(response)) call.pause();
    });
    call.on('drain', () => call.resume());
    call.on('end', () => call.end());
    // A broken stream ends by itself; without a listener its error would end the process.
    call.on('error', () => {});
  };
  return [ServerReflectionService, v1alpha].map((definition) => ({
    definition,
    implementation: { serverReflectionInfo },
  }));
}
