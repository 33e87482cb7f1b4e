/** TLS of the doors: certificates in files, read again when they change, without an end to what is connected (docs/operations.md «TLS»). */
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Config } from '../config/config.js';
import { messageOf } from '../errors.js';
import type { Log } from '../telemetry/log.js';

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Whose certificates clients need; undefined: they need none. */
  readonly clientCa: string | undefined;
}

/** PEM, as it stands in the files. */
export interface Certificates {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | undefined;
}

export interface Tls {
  /** Whether clients need certificates. */
  readonly ofClients: boolean;
  /** The last that fit each other. */
  latest(): Certificates;
  /** Tells `listener` of each change. */
  follow(listener: (certificates: Certificates) => void): void;
  stop(): void;
}

export interface TlsOptions {
  /** Milliseconds between two looks at the files. */
  readonly pause?: number;
  /** Is told, once each, why changed files are not taken. */
  readonly report: (error: unknown) => void;
}

const PAUSE = 1000;

async function read({ cert, key, clientCa }: TlsFiles): Promise<Certificates> {
  const [certificate, privateKey, ca] = await Promise.all([
    readFile(cert),
    readFile(key),
    clientCa === undefined ? undefined : readFile(clientCa),
  ]);
  return { cert: certificate, key: privateKey, ca };
}

const textOf = ({ cert, key, ca }: Certificates): string => [cert, key, ca ?? ''].join('\n');

/** Refuses what cannot be served with: a key of another certificate, or what is none. */
function check({ cert, key, ca }: Certificates): void {
  createSecureContext({ cert, key, ...(ca === undefined ? {} : { ca }) });
  if (ca?.includes('-----BEGIN CERTIFICATE-----') === false)
    throw new Error('the client CA is no certificate');
}

/** The certificates in `files`. Errors, at first only: they cannot be used; later the last good ones are kept. */
export async function tlsFiles(files: TlsFiles, { pause = PAUSE, report }: TlsOptions): Promise<Tls> {
  const listeners: ((certificates: Certificates) => void)[] = [];
  let latest = await read(files);
  check(latest);
  let seen = textOf(latest);
  let complaint = '';

  async function look(): Promise<void> {
    const found = await read(files);
    if (textOf(found) === seen) return;
    seen = textOf(found);
    check(found);
    latest = found;
    complaint = '';
    for (const listener of listeners) listener(found);
  }

  const looking = setInterval(() => {
    look().catch((error: unknown) => {
      if (String(error) === complaint) return;
      complaint = String(error);
      report(error);
    });
  }, pause);
  return {
    ofClients: files.clientCa !== undefined,
    latest: () => latest,
    follow: (listener) => listeners.push(listener),
    stop() {
      clearInterval(looking);
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
    return await tlsFiles({ cert, key, clientCa }, { report });
  } catch (error) {
    const [reason = ''] = messageOf(error).split('\n', 1);
    throw new Error(
      `TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE: the files cannot be used: ${reason}; set them to PEM files that belong together`,
      { cause: error },
    );
  }
}
