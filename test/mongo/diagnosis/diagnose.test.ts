// Why the database cannot be served from: the facts of an attempt and the diagnosis made of them (docs/troubleshooting.md «Not serving»).
import { expect, test } from '@jest/globals';
import { MongoClient, MongoError, MongoOIDCError, MongoParseError, MongoServerError } from 'mongodb';
import type { Document } from 'mongodb';
import { createDiagnostician } from '../../../src/mongo/diagnosis/diagnose.js';
import { ReadFailed } from '../../../src/mongo/diagnosis/facts.js';
import type { Heartbeat } from '../../../src/mongo/diagnosis/heartbeats.js';

const TTL_MS = 6000;

interface Attempt {
  /** What follows `mongodb://`. */
  readonly uri?: string;
  readonly error?: unknown;
  readonly servers?: Readonly<Record<string, Heartbeat>>;
}

type Row = readonly [title: string, attempt: Attempt, reason: string, text: string];

/** Diagnoses attempts, with a clock that stands still until it is set. */
function diagnosticianOf({ uri = 'a:1,b:2/' }: Attempt) {
  const { options } = new MongoClient(`mongodb://${uri}`);
  const clock = { now: 0 };
  let servers: NonNullable<Attempt['servers']> = {};
  const diagnostician = createDiagnostician(
    { ...options, database: 'inventory' },
    () => new Map(Object.entries(servers)),
    () => clock.now,
  );
  return {
    clock,
    ...diagnostician,
    diagnose(attempt: Attempt) {
      servers = attempt.servers ?? {};
      return diagnostician.diagnose(attempt.error);
    },
  };
}

const server = (reply: Document): Heartbeat => ({ reply: { maxWireVersion: 21, ...reply } });
const PRIMARY = server({ setName: 'rs', isWritablePrimary: true });
const SECONDARY = server({ setName: 'rs', secondary: true });
const ARBITER = server({ setName: 'rs', arbiterOnly: true });
const STARTING = server({ setName: 'rs' });
const STANDALONE = server({});
const MONGOS = server({ msg: 'isdbgrid' });
const UNINITIATED = server({ isreplicaset: true });

const withCode = (code: string, message = 'failed'): Error => Object.assign(new Error(message), { code });
const failing = (failure: Error, speaksTls = false): Heartbeat => ({ failure, speaksTls });
/** An error of Node inside of one of the driver. */
const failingBy = (code: string): Heartbeat => failing(new Error('failed', { cause: withCode(code) }));
const closed = (speaksTls = false): Heartbeat => failing(new Error('connection 1 to a:1 closed'), speaksTls);
const silent = failing(new Error('timed out', { cause: new Error('timed out') }));

const refusal = (code: number, codeName?: string, labels: readonly string[] = []): MongoServerError =>
  new MongoServerError({ code, errorLabels: [...labels], ...(codeName === undefined ? {} : { codeName }) });
const UNAUTHORIZED = refusal(13, 'Unauthorized');
const unreadable = (collection: string): ReadFailed => new ReadFailed(collection, UNAUTHORIZED);
/** The driver does not export its own. */
class PoolTimeout extends MongoError {
  override get name(): string {
    return 'MongoWaitQueueTimeoutError';
  }
}

/** A file that cannot be opened. */
const unopened = (path: string): Error => Object.assign(withCode('ENOENT'), { syscall: 'open', path });

const USER = 'user:secret@a:1/?';
const BY_TOKEN = 'a:1/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:k8s&';
const NO_ANSWER = 'the database at a:1 and b:2 does not answer; check MONGODB_URI, the network, and its load';

const VERSIONS: readonly Row[] = [
  [9, '4.4'],
  [8, '4.2'],
  [7, '4.0'],
  [6, '3.6'],
  [5, '3.4 or older'],
].map(([wire, release]) => [
  `a server of ${release}`,
  { servers: { 'a:1': server({ maxWireVersion: wire }), 'b:2': PRIMARY } },
  'version',
  `a:1 is MongoDB ${release}; MongoDB 5.0 or newer is needed: upgrade it, or set MONGODB_URI to another`,
]);

const ACCESS: readonly Row[] = [
  [
    'no user',
    { uri: 'a:1/', error: UNAUTHORIZED },
    'auth',
    'the database at a:1 requires authentication, and MONGODB_URI has no user; add user:password@ before the host',
  ],
  [
    'a user without rights on two collections, one of them read twice',
    {
      uri: USER,
      error: new AggregateError([unreadable('job'), unreadable('collector'), unreadable('job')]),
    },
    'rights',
    'the user user may not read inventory.collector and inventory.job; grant it find on inventory.collector and inventory.job (docs/deploy.md «Database»)',
  ],
  [
    'a wrong password',
    { uri: USER, error: refusal(18, 'AuthenticationFailed') },
    'auth',
    'the database at a:1 rejects the user user (AuthenticationFailed, authSource=admin); check user, password, authSource and authMechanism in MONGODB_URI',
  ],
  [
    'a handshake that fails with a mechanism',
    {
      uri: `${USER}authMechanism=SCRAM-SHA-256&authSource=users`,
      error: refusal(334, undefined, ['HandshakeError']),
    },
    'auth',
    'the database at a:1 rejects the user user by SCRAM-SHA-256 (334, authSource=users); check user, password, authSource and authMechanism in MONGODB_URI',
  ],
  [
    'no token',
    {
      uri: BY_TOKEN,
      error: new MongoOIDCError('no token'),
    },
    'auth',
    'there is no token for MONGODB-OIDC (MongoOIDCError); check authMechanismProperties in MONGODB_URI, and what issues the token',
  ],
  [
    'a file of a token that is missing',
    { uri: BY_TOKEN, error: unopened('/token') },
    'auth',
    'there is no token for MONGODB-OIDC (ENOENT); check authMechanismProperties in MONGODB_URI, and what issues the token',
  ],
  [
    'a missing file with a password',
    { uri: USER, error: unopened('/token') },
    'unreachable',
    'the database at a:1 does not answer; check MONGODB_URI, the network, and its load',
  ],
  ...['tlsCAFile', 'tlsCertificateKeyFile', 'tlsCRLFile'].flatMap((option) =>
    [USER, BY_TOKEN].map((uri): Row => [
      `${option} that is missing at ${uri}`,
      {
        uri: `${uri}tls=true&${option}=/etc/file.pem`,
        error: new AggregateError([unopened('/token'), unopened('/etc/file.pem')]),
      },
      'tls',
      `${option} /etc/file.pem cannot be read (ENOENT); put the file back, or name another in MONGODB_URI`,
    ]),
  ),
];

const MEMBERS: readonly Row[] = [
  [
    'a set that is not initiated',
    { servers: { 'a:1': UNINITIATED } },
    'replica_set',
    'the replica set of a:1 is not initiated; run rs.initiate() there',
  ],
  [
    'another replica set',
    { uri: 'a:1/?replicaSet=other', servers: { 'a:1': PRIMARY } },
    'replica_set',
    'a:1 is of the replica set rs, not of other; write replicaSet=rs in MONGODB_URI',
  ],
  [
    'a standalone in the place of a set',
    { uri: 'a:1/?replicaSet=rs', servers: { 'b:2': SECONDARY, 'a:1': STANDALONE } },
    'replica_set',
    'a:1 is a standalone, no member of the replica set rs; leave replicaSet out of MONGODB_URI',
  ],
  [
    'a mongos in the place of a set',
    { uri: 'a:1/?replicaSet=rs', servers: { 'a:1': MONGOS } },
    'replica_set',
    'a:1 is a mongos, no member of the replica set rs; leave replicaSet out of MONGODB_URI',
  ],
  [
    'arbiters alone',
    { servers: { 'a:1': ARBITER, 'b:2': ARBITER } },
    'replica_set',
    'a:1 and b:2 is an arbiter, which holds no data; name other members in MONGODB_URI',
  ],
  [
    'no secondary, where one is wanted',
    { uri: 'a:1/?readPreference=secondary', servers: { 'a:1': PRIMARY, 'b:2': silent } },
    'replica_set',
    'the replica set of a:1 has no secondary that answers, and MONGODB_URI has readPreference=secondary; write secondaryPreferred there',
  ],
  [
    'members that start',
    { servers: { 'b:2': SECONDARY, 'a:1': STARTING, 'c:3': silent, 'd:4': failingBy('ECONNREFUSED') } },
    'starting',
    'the members of the replica set are starting or recovering (a:1 starting or recovering, b:2 secondary, c:3 silent, d:4 ECONNREFUSED); wait, or look at their logs',
  ],
  [
    'no primary beside an arbiter',
    { servers: { 'a:1': SECONDARY, 'b:2': ARBITER } },
    'replica_set',
    'the replica set rs has no primary (a:1 secondary, b:2 an arbiter); bring a majority of its members back',
  ],
  ['a set as it should be', { servers: { 'a:1': PRIMARY, 'b:2': STARTING } }, 'unreachable', NO_ANSWER],
  [
    'a set as it should be, by its name',
    { uri: 'a:1,b:2/?replicaSet=rs', servers: { 'a:1': PRIMARY, 'b:2': SECONDARY } },
    'unreachable',
    NO_ANSWER,
  ],
  [
    'a secondary, where one is wanted',
    { uri: 'a:1,b:2/?readPreference=secondary', servers: { 'a:1': PRIMARY, 'b:2': SECONDARY } },
    'unreachable',
    NO_ANSWER,
  ],
];

const OF_TLS: readonly (readonly [code: string, cause: string, remedy: string])[] = [
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'has the certificate of another name',
    'write the name of its certificate in MONGODB_URI',
  ],
  ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_UNTRUSTED'].map(
    (code) =>
      [
        code,
        'has a certificate of an authority that is not trusted',
        'name the file of its authority by tlsCAFile in MONGODB_URI',
      ] as const,
  ),
  ['CERT_HAS_EXPIRED', 'has a certificate that is not valid today', 'renew it, or set the clocks right'],
  [
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'refuses the certificate of this service, or wants one',
    'name the file with it by tlsCertificateKeyFile in MONGODB_URI',
  ],
  [
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'speaks no TLS',
    'leave tls=true out of MONGODB_URI, or write the port of the database',
  ],
  ['EPROTO', 'does not agree on TLS', 'check tls and the files of TLS in MONGODB_URI'],
];

const CHECK_NETWORK =
  'check whether a database listens there, the hosts and ports in MONGODB_URI, and the network';

const CONNECTIONS: readonly Row[] = [
  ...OF_TLS.map(([code, cause, remedy]): Row => [
    code,
    { servers: { 'a:1': failingBy(code) } },
    'tls',
    `a:1 ${cause} (${code}); ${remedy}`,
  ]),
  ...['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME'].map((code): Row => [
    code,
    { servers: { 'b:2': failingBy(code), 'a:1': failingBy(code) } },
    'dns',
    `a:1 and b:2 has a name that cannot be resolved (${code}); check the hosts in MONGODB_URI and the DNS`,
  ]),
  [
    'a closed port beside an unreachable host',
    { servers: { 'a:1': failingBy('ECONNREFUSED'), 'b:2': failingBy('EHOSTUNREACH') } },
    'unreachable',
    'a:1 refuses connections (ECONNREFUSED); start the database, or write where it listens in MONGODB_URI',
  ],
  [
    'an unreachable host, by an error without a cause',
    { servers: { 'a:1': failing(withCode('EHOSTUNREACH')) } },
    'unreachable',
    `a:1 cannot be connected to (EHOSTUNREACH); ${CHECK_NETWORK}`,
  ],
  [
    'silence',
    { servers: { 'a:1': silent } },
    'unreachable',
    `a:1 closes connections before it answers, or takes none in time; ${CHECK_NETWORK}`,
  ],
  [
    'a permanent cause after a passing one',
    { servers: { 'a:1': failingBy('ECONNREFUSED'), 'b:2': failingBy('ENOTFOUND') } },
    'dns',
    'b:2 has a name that cannot be resolved (ENOTFOUND); check the hosts in MONGODB_URI and the DNS',
  ],
  [
    'TLS spoken to a server without it',
    {
      uri: 'a:1/?tls=true',
      servers: {
        'a:1': failing(
          new Error('failed', {
            cause: new Error('disconnected before secure TLS connection was established'),
          }),
        ),
      },
    },
    'unreachable',
    `a:1 closes connections before it answers, or takes none in time; ${CHECK_NETWORK}`,
  ],
  [
    'a handshake of TLS that ends',
    {
      uri: 'a:1/?tls=true',
      servers: {
        'a:1': failing(new Error('Client network socket disconnected before secure TLS connection')),
      },
    },
    'tls',
    'a:1 ends the TLS handshake; leave tls=true out of MONGODB_URI where it speaks no TLS',
  ],
  [
    'a connection closed after its handshake of TLS',
    { uri: 'a:1/?tls=true', servers: { 'a:1': closed() } },
    'tls',
    'a:1 refuses the certificate of this service, or wants one (closed after the handshake); name the file with it by tlsCertificateKeyFile in MONGODB_URI',
  ],
  [
    'a server with TLS alone',
    { servers: { 'a:1': closed(true) } },
    'tls',
    'a:1 accepts TLS connections only; write tls=true in MONGODB_URI',
  ],
  [
    'a connection closed by a server without TLS',
    { servers: { 'a:1': closed() } },
    'unreachable',
    `a:1 closes connections before it answers, or takes none in time; ${CHECK_NETWORK}`,
  ],
  ...[PRIMARY, STANDALONE, MONGOS].map((serving, nth): Row => [
    `a failed server beside one to serve from (${nth})`,
    { servers: { 'a:1': failingBy('ECONNREFUSED'), 'b:2': serving } },
    'unreachable',
    NO_ANSWER,
  ]),
];

const OTHERS: readonly Row[] = [
  [
    'an error of the server',
    { error: refusal(8000, 'AtlasError') },
    'unreachable',
    'the database at a:1 and b:2 answers with the error AtlasError (8000); look at its log',
  ],
  [
    'an error of the server without a name',
    { error: refusal(8001) },
    'unreachable',
    'the database at a:1 and b:2 answers with the error of code (8001); look at its log',
  ],
  [
    'a pool that is too slow',
    { error: new PoolTimeout('late') },
    'unreachable',
    'no connection to the database at a:1 and b:2 within waitQueueTimeoutMS; write a longer time in MONGODB_URI, or leave it out',
  ],
  [
    'an error of parsing without an SRV host',
    { error: new MongoParseError('odd') },
    'unreachable',
    NO_ANSWER,
  ],
  ['nothing known', {}, 'unreachable', NO_ANSWER],
];

test.each([...VERSIONS, ...ACCESS, ...MEMBERS, ...CONNECTIONS, ...OTHERS])(
  '%s is diagnosed',
  (_, attempt, reason, text) => {
    expect(diagnosticianOf(attempt).diagnose(attempt)).toEqual({ reason, text });
  },
);

const REFUSED: Attempt = { servers: { 'a:1': failingBy('ECONNREFUSED') } };

test('a cause stands for six seconds, until an attempt shows another', () => {
  const { diagnose, clock } = diagnosticianOf({});
  const found = diagnose(REFUSED);
  clock.now = TTL_MS - 1;
  expect(diagnose({})).toEqual(found);
  expect(diagnose({ servers: { 'a:1': UNINITIATED } })).toHaveProperty('reason', 'replica_set');
  clock.now = 2 * TTL_MS;
  expect(diagnose({})).toHaveProperty('text', NO_ANSWER);
});

test('an answer of the database ends a cause', () => {
  const { diagnose, reset } = diagnosticianOf({});
  diagnose(REFUSED);
  reset();
  expect(diagnose({})).toHaveProperty('text', NO_ANSWER);
});
