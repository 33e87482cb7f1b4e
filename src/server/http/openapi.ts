/** Generates the OpenAPI description from the contract's descriptors and comments (docs/http.md «OpenAPI»). */
import { ScalarType } from '@bufbuild/protobuf';
import type { DescField, DescMessage, DescOneof } from '@bufbuild/protobuf';
import { INT32_MAX, INT32_MIN, UINT32_MAX } from '@bufbuild/protobuf/wire';
import type { ExportFormat } from '../../job/export-formats.js';
import { messageNamed } from '../../wire/descriptors.js';
import { docCommentOf } from './comments.js';
import { EXAMPLES } from './examples.js';
import { ROUTES } from './routes.js';
import type { Route } from './routes.js';

/** A part of the description, as JSON. */
export type Json = Readonly<Record<string, unknown>>;

const TEXT = { type: 'string' };

/** The scalar types used by the contract. */
const SCALARS: ReadonlyMap<ScalarType, Json> = new Map<ScalarType, Json>([
  [ScalarType.STRING, TEXT],
  [ScalarType.BOOL, { type: 'boolean' }],
  [ScalarType.INT32, { type: 'integer', format: 'int32', minimum: INT32_MIN, maximum: INT32_MAX }],
  [ScalarType.UINT32, { type: 'integer', minimum: 0, maximum: UINT32_MAX }],
]);

/** Messages with a JSON form other than an object of their fields. */
const WELL_KNOWN: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['google.protobuf.Struct', { type: 'object' }],
  ['google.protobuf.Value', {}],
  ['google.protobuf.Empty', { type: 'object', maxProperties: 0 }],
  ['google.protobuf.Any', { type: 'object', properties: { '@type': TEXT }, required: ['@type'] }],
]);

const reference = (message: DescMessage): Json =>
  WELL_KNOWN.get(message.typeName) ?? { $ref: `#/components/schemas/${message.name}` };

function itemOf(field: DescField): Json {
  if (field.message !== undefined) return reference(field.message);
  if (field.enum !== undefined) return { type: 'string', enum: field.enum.values.map(({ name }) => name) };
  return SCALARS.get(field.scalar) ?? {};
}

function propertyOf(field: DescField): Json {
  const description = docCommentOf(field);
  const item = itemOf(field);
  return { description, ...(field.fieldKind === 'list' ? { type: 'array', items: item } : item) };
}

/** proto3 has no required fields: the comment of a required one says so. */
const isRequired = (field: DescField): boolean => /\bRequired\.(?: |$)/.test(docCommentOf(field));

/** Allows at most one member of a oneof. */
function exclusions({ fields }: DescOneof): Json[] {
  const names = fields.map(({ name }) => name);
  return names.flatMap((name, i) =>
    names.slice(i + 1).map((other) => ({ not: { required: [name, other] } })),
  );
}

function schemaOf(message: DescMessage): Json {
  const required = message.fields.filter(isRequired).map(({ name }) => name);
  const allOf = message.oneofs.flatMap(exclusions);
  return {
    type: 'object',
    description: docCommentOf(message),
    properties: Object.fromEntries(message.fields.map((field) => [field.name, propertyOf(field)])),
    additionalProperties: false,
    ...(required.length > 0 ? { required } : {}),
    ...(allOf.length > 0 ? { allOf } : {}),
  };
}

/** Returns `messages` and all messages reachable from them. */
function reachableFrom(messages: readonly DescMessage[]): readonly DescMessage[] {
  const found = new Set<DescMessage>();
  const visit = (message: DescMessage): void => {
    if (found.has(message) || WELL_KNOWN.has(message.typeName)) return;
    found.add(message);
    message.fields.forEach((field) => field.message && visit(field.message));
  };
  messages.forEach(visit);
  return [...found].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const FAILURE = messageNamed('google.rpc.Status');

/** The headers of every answer. */
const HEADERS: Json = {
  'x-request-id': { description: 'The name of the call in the log.', schema: TEXT },
};

const failure = (description: string): Json => ({
  description,
  headers: HEADERS,
  content: { 'application/json': { schema: reference(FAILURE) } },
});

/** The failures of a call; rare ones come under `default`. */
const FAILURES: Json = {
  400: failure('Something in the request or its headers is wrong; the message and the details name it.'),
  401: failure('There is no token, or it is not valid.'),
  403: failure('The permissions of the token do not cover the call, or the host is none of this service.'),
  404: failure('There is no such job in the domain.'),
  413: failure('The body is too large.'),
  415: failure('By its headers the body is not JSON in UTF-8, or is compressed.'),
  429: failure('A limit is exceeded; the message names it.'),
  503: failure('The database cannot be reached; the same call may be made again.'),
  504: failure('The deadline of the call has passed.'),
  default: failure('The call failed for another reason.'),
};

const EXPORT_DESCRIPTIONS: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'All jobs, each a line of JSON: a JobInfo.',
  csv: 'All jobs, each a line, under a line of column names.',
};

const exportContent = ({ exports }: Route): Json =>
  Object.fromEntries(
    [...exports].map(([type, format]) => [
      type,
      { schema: { ...TEXT, description: EXPORT_DESCRIPTIONS[format] } },
    ]),
  );

function operationOf(route: Route): Json {
  const { rpc, method } = route;
  const [first] = EXAMPLES[rpc];
  const description = docCommentOf(method);
  const examples = EXAMPLES[rpc].map(
    ({ summary, request }, i) => [`example${i + 1}`, { summary, value: request }] as const,
  );
  return {
    operationId: `Job_${rpc}`,
    tags: ['Job'],
    summary: description.split('. ', 1).join().replace(/\.$/, ''),
    description,
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: reference(method.input), examples: Object.fromEntries(examples) },
      },
    },
    responses: {
      200: {
        description: 'The answer; fields at their default are left out.',
        headers: HEADERS,
        content: {
          'application/json': { schema: reference(method.output), example: first.response },
          ...exportContent(route),
        },
      },
      ...FAILURES,
    },
  };
}

const DESCRIPTION = [
  'The jobs of collectors: each is one run of a collector over the cloud resources of a domain.',
  'Every request is a POST with a JSON body. Names may also be in camelCase and enums numbers; `null` is',
  'the same as leaving a field out, except as the value of a condition, where it is a value.',
  'The header `grpc-timeout` (at most 8 digits and one of `H M S m u n`, such as `5S`) sets a deadline,',
  '`x-request-id` names the call in the log.',
].join(' ');

const TOKEN: Json = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description: 'The token of a caller, where the service runs with AUTH=jwt.',
};

/** Describes the service at `version`. */
export function openapi(version: string): Json {
  const messages = ROUTES.flatMap(({ method }) => [method.input, method.output]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Inventory jobs',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    // A service without authentication asks for none.
    security: [{}, { token: [] }],
    tags: [{ name: 'Job', description: 'Jobs: get, list, delete and statistics.' }],
    paths: Object.fromEntries(ROUTES.map((route) => [route.path, { post: operationOf(route) }])),
    components: {
      securitySchemes: { token: TOKEN },
      schemas: Object.fromEntries(
        reachableFrom([...messages, FAILURE]).map((message) => [message.name, schemaOf(message)]),
      ),
    },
  };
}
