/** Classifies failed connections to a server, each with a remedy (docs/troubleshooting.md «Not serving»). */
import type { Reason } from '../../reasons.js';
import { isClosedInHandshake } from './heartbeats.js';

/** The code of an error of Node, or an empty text. */
export const codeOf = (error: unknown): string => {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
};

/** The code of an error of Node within an error of the driver, or an empty text. */
export const innerCode = (error: unknown): string =>
  codeOf(error) || (error instanceof Error ? codeOf(error.cause) : '');

const UNRESOLVED = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME']);
/** Codes of Node and OpenSSL for refused certificates and failed handshakes. */
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_|CERT_UNTRUSTED|INVALID_CA|CERT_REJECTED|CERT_SIGNATURE/;
const OUTDATED = /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/;
const ANY_TLS = /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|EPROTO$)/;
/** Codes of OpenSSL for an answer in another protocol. */
const NO_TLS = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/;
const CERTIFICATE_WANTED = /CERTIFICATE_REQUIRED|BAD_CERTIFICATE|HANDSHAKE_FAILURE|UNKNOWN_CA/;

export interface ConnectionFailure {
  readonly reason: Reason;
  /** The predicate of a sentence on the server. */
  readonly cause: string;
  readonly remedy: string;
}

const CERTIFICATE_REFUSED = 'refuses the certificate of this service, or wants one';
const CERTIFICATE_REMEDY = 'name the file with it by tlsCertificateKeyFile in MONGODB_URI';

const TLS_FAILURES: readonly (readonly [codes: RegExp, cause: string, remedy: string])[] = [
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'has the certificate of another name',
    'write the name of its certificate in MONGODB_URI',
  ],
  [
    UNTRUSTED,
    'has a certificate of an authority that is not trusted',
    'name the file of its authority by tlsCAFile in MONGODB_URI',
  ],
  [OUTDATED, 'has a certificate that is not valid today', 'renew it, or set the clocks right'],
  [CERTIFICATE_WANTED, CERTIFICATE_REFUSED, CERTIFICATE_REMEDY],
  [NO_TLS, 'speaks no TLS', 'leave tls=true out of MONGODB_URI, or write the port of the database'],
  [ANY_TLS, 'does not agree on TLS', 'check tls and the files of TLS in MONGODB_URI'],
];

function tlsFailure(code: string): ConnectionFailure | undefined {
  const [, cause, remedy] = TLS_FAILURES.find(([codes]) => codes.test(code)) ?? [];
  if (cause === undefined || remedy === undefined) return undefined;
  return { reason: 'tls', cause: `${cause} (${code})`, remedy };
}

/** Classifies a connection closed without a code. */
function closedConnection(failure: Error, tls: boolean, speaksTls: boolean): ConnectionFailure | undefined {
  if (/before secure TLS connection/.test(failure.message))
    return {
      reason: 'tls',
      cause: 'ends the TLS handshake',
      remedy: 'leave tls=true out of MONGODB_URI where it speaks no TLS',
    };
  if (!isClosedInHandshake(failure)) return undefined;
  if (tls)
    return {
      reason: 'tls',
      cause: `${CERTIFICATE_REFUSED} (closed after the handshake)`,
      remedy: CERTIFICATE_REMEDY,
    };
  return speaksTls
    ? { reason: 'tls', cause: 'accepts TLS connections only', remedy: 'write tls=true in MONGODB_URI' }
    : undefined;
}

const REFUSED: ConnectionFailure = {
  reason: 'unreachable',
  cause: 'refuses connections (ECONNREFUSED)',
  remedy: 'start the database, or write where it listens in MONGODB_URI',
};

/** Classifies the failure of a connection with or without `tls`; `speaksTls` is a finding about the server. */
export function classifyFailure(failure: Error, tls: boolean, speaksTls: boolean): ConnectionFailure {
  const code = innerCode(failure);
  if (UNRESOLVED.has(code))
    return {
      reason: 'dns',
      cause: `has a name that cannot be resolved (${code})`,
      remedy: 'check the hosts in MONGODB_URI and the DNS',
    };
  const ofTls = tlsFailure(code) ?? closedConnection(failure, tls, speaksTls);
  if (ofTls !== undefined) return ofTls;
  if (code === 'ECONNREFUSED') return REFUSED;
  return {
    reason: 'unreachable',
    cause:
      code === ''
        ? 'closes connections before it answers, or takes none in time'
        : `cannot be connected to (${code})`,
    remedy: 'check whether a database listens there, the hosts and ports in MONGODB_URI, and the network',
  };
}
