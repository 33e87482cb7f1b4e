// A certificate authority for tests, and its certificates in PEM.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

export interface Pem {
  readonly cert: string;
  readonly key: string;
}

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface Authority {
  readonly cert: string;
  /** Issues a certificate for `localhost` and 127.0.0.1, unless `names` are given. */
  issue(serialNumber: string, names?: x509.JsonGeneralNames, validity?: Validity): Promise<Pem>;
}

const LOCAL: x509.JsonGeneralNames = [
  { type: 'dns', value: 'localhost' },
  { type: 'ip', value: '127.0.0.1' },
];

const keys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${bytes.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
}

export async function authority(name: string): Promise<Authority> {
  const own = await keys();
  const subject = `CN=${name}`;
  const validity = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: subject,
    ...validity,
    signingAlgorithm: ALGORITHM,
    keys: own,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return {
    cert: root.toString('pem'),
    async issue(serialNumber, names = LOCAL, valid = validity) {
      const pair = await keys();
      const issued = await x509.X509CertificateGenerator.create({
        serialNumber,
        subject: 'CN=localhost',
        issuer: subject,
        ...valid,
        publicKey: pair.publicKey,
        signingKey: own.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: [new x509.SubjectAlternativeNameExtension(names)],
      });
      return { cert: issued.toString('pem'), key: await privatePem(pair.privateKey) };
    },
  };
}
