// The rooms of the house from top to bottom, each with its purpose: the layer check and docs/architecture.md take them here.

/**
 * A file belongs to the longest name that it begins with. It imports from its own room and from lower lines; rooms on one
 * line stand side by side, and import nothing of each other.
 */
export const ROOMS = [
  [
    ['bench/', 'measures the service beside the driver alone and a bare gRPC server'],
    ['mutate/', 'makes small changes in `src`, and looks for a test that notices each'],
  ],
  [['test/', 'tests by room, the conformance cases, and a test for each difference from 1.11']],
  [['test/resilience/', 'scenarios of faults, attacks and neighbours: `npm run resilience`']],
  [['test/harness/', 'the launcher, clients, encoders, mongod nodes and random source of all tests']],
  [['explorer/', 'the entry of the page']],
  [['explorer/views/', 'the views, a folder each, and the pages before them']],
  [['explorer/components/', 'parts of views, each with its style']],
  [['explorer/state/', 'the route, the time range and the conditions']],
  [['explorer/api/', 'calls of the service, typed by the contract']],
  [
    ['src/main.ts', 'the program: arguments, settings and the words of a failed start'],
    ['src/make-indexes.ts', 'the command `npm run indexes`'],
  ],
  [['src/app.ts', 'the composition root: puts the parts together, starts and closes them']],
  [['src/start/', 'the steps of a start, put in order by `src/app.ts`, and the end of the program']],
  [
    ['src/embedded/', 'the embedded mongod: its download, its data folder and its sample'],
    ['src/server/grpc/', 'the gRPC listener with health and reflection'],
    ['src/server/http/', 'the HTTP listener: routes, protocols, exports, OpenAPI and pages'],
    ['src/server/admin/', 'the admin listener: probes and metrics'],
  ],
  [
    [
      'src/server/interceptors/',
      'the links that every call passes, in one order, and the calls made of them',
    ],
  ],
  [['src/server/', 'shared by the listeners: calls as types, connections, TLS, ports, the serving state']],
  [
    ['src/auth/', 'from token to caller to scope'],
    ['src/job/', 'the job: its schema, a use case a file, and BSON to JobInfo'],
  ],
  [['src/query/', 'the query language: parse, model, confine, compile']],
  [['src/telemetry/', 'the log, metrics, traces, and their export by OTLP']],
  [['src/mongo/', 'connects, runs work within a deadline, ends it on the server, and judges readiness']],
  [['src/wire/', 'bytes of protobuf, BSON, Struct, JSON and CSV']],
  [
    ['src/regex/', 'finds expressions that can run away in a backtracking engine'],
    [
      'src/limits/',
      'fair scheduling, memory, caches, shared work, reloaded files, abort scopes, yielding, load shedding',
    ],
  ],
  [['src/config/', 'the environment as one frozen Config, every complaint at once']],
  [
    [
      'src/',
      'the error table, the rpcs, the clocks, the scope of a caller, the reasons for not serving and the version',
    ],
  ],
  [['src/gen/', 'generated stubs and descriptors']],
];

/** Folders within a room, each with its purpose; they and the room import each other. */
export const FOLDERS = [
  ['src/mongo/diagnosis/', 'why the database cannot be served from, with a remedy'],
  ['src/query/compile/', 'filters, rows and pipelines in MongoDB’s terms'],
  ['src/query/stages/', 'a definition for each stage of stat'],
  ['src/telemetry/metrics/', 'the definitions of metrics, their registry and what feeds them'],
  ['src/telemetry/traces/', 'the context and the spans of traces'],
  ['explorer/components/chart/', 'axes, bars and their marks'],
  ['test/clients/', 'clients of others: Connect, console-api, Python, Schemathesis'],
  ['test/conformance/', 'requests with the answers that are due, through every transport'],
  ['test/consumers/', 'requests of deployed consumers, beside the recorded answers of 1.11'],
  ['test/differences/', 'a test for each row of «Differences from 1.11»'],
];
