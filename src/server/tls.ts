/** TLS of the listeners: certificates are reloaded when their files change; connections continue (docs/secure.md «TLS»). */
import { createSecureContext } from 'node:tls';
import type { Config } from '../config/config.js';
import { messageOf } from '../errors.js';
import { createReloadedFiles } from '../limits/reloaded-files.js';
import type { Log } from '../telemetry/log.js';

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** The CA of client certificates; undefined if clients need none. */
  readonly clientCa: string | undefined;
}

/** The contents of the files, in PEM. */
export interface Certificates {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | undefined;
}

export interface Tls {
  /** True if clients need certificates. */
  readonly requiresClientCertificate: boolean;
  /** The latest valid certificates. */
  latest(): Certificates;
  /** Calls `listener` with each later version. */
  follow(listener: (certificates: Certificates) => void): void;
  /** True while changed files cannot be used. */
  hasFailed(): boolean;
  stop(): void;
}

export interface TlsOptions {
  /** Interval between two checks of the files. */
  readonly pollIntervalMs?: number;
  /** Called once for each fault of changed files. */
  readonly report: (error: unknown) => void;
}

const POLL_INTERVAL_MS = 1000;

/** Reads the contents of the files. Errors: a key of another certificate, or a file of another kind. */
function parse([cert = Buffer.alloc(0), key = Buffer.alloc(0), ca]: readonly Buffer[]): Certificates {
  createSecureContext({ cert, key, ...(ca === undefined ? {} : { ca }) });
  if (ca?.includes('-----BEGIN CERTIFICATE-----') === false)
    throw new Error('the client CA is no certificate');
  return { cert, key, ca };
}

/** Loads the certificates in `files`. Errors: the first load fails; after that, the last valid ones stay in use. */
export async function createTls(
  { cert, key, clientCa }: TlsFiles,
  { pollIntervalMs = POLL_INTERVAL_MS, report }: TlsOptions,
): Promise<Tls> {
  const listeners: ((certificates: Certificates) => void)[] = [];
  const paths = clientCa === undefined ? [cert, key] : [cert, key, clientCa];
  const { latest, hasFailed, reload } = await createReloadedFiles(paths, {
    parse,
    report,
    changed(certificates) {
      for (const listener of listeners) listener(certificates);
    },
  });
  const timer = setInterval(() => void reload(), pollIntervalMs);
  return {
    requiresClientCertificate: clientCa !== undefined,
    latest,
    follow: (listener) => listeners.push(listener),
    hasFailed,
    stop() {
      clearInterval(timer);
    },
  };
}

export type TlsSettings = Pick<Config, 'tlsCertFile' | 'tlsKeyFile' | 'tlsClientCaFile'>;

/** The TLS of the settings; undefined without any. Errors: the files cannot be used. */
export async function openTls(
  { tlsCertFile: cert, tlsKeyFile: key, tlsClientCaFile: clientCa }: TlsSettings,
  log: Log,
): Promise<Tls | undefined> {
  if (cert === undefined || key === undefined) return undefined;
  const report = (error: unknown): void => {
    log.error({ err: error }, 'TLS_CERT_FILE: the changed files cannot be used; those before them stay');
  };
  try {
    return await createTls({ cert, key, clientCa }, { report });
  } catch (error) {
    const [reason = ''] = messageOf(error).split('\n', 1);
    throw new Error(
      `TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE: the files cannot be used: ${reason}; set them to PEM files that belong together`,
      { cause: error },
    );
  }
}
