/** TLS for the gRPC library, with certificates that follow their files (docs/secure.md «TLS»). */
import { experimental, ServerCredentials } from '@grpc/grpc-js';
import type { Certificates, Tls } from '../tls.js';

/** Passes the latest certificates, and every later change, to a listener of the library. */
const forward =
  <Update>(tls: Tls, toUpdate: (certificates: Certificates) => Update) =>
  (listener: (update: Update) => void): void => {
    // The library ignores an update that arrives while it is still subscribing.
    queueMicrotask(() => {
      listener(toUpdate(tls.latest()));
    });
    tls.follow((certificates) => {
      listener(toUpdate(certificates));
    });
  };

function secureCredentials(tls: Tls): ServerCredentials {
  const provider = {
    addIdentityCertificateListener: forward(tls, ({ cert, key }) => ({ certificate: cert, privateKey: key })),
    addCaCertificateListener: forward(tls, ({ ca }) => (ca === undefined ? null : { caCertificate: ca })),
    // The listeners live as long as the server.
    removeIdentityCertificateListener: () => undefined,
    removeCaCertificateListener: () => undefined,
  };
  return experimental.createCertificateProviderServerCredentials(
    provider,
    tls.requiresClientCertificate ? provider : null,
    tls.requiresClientCertificate,
  );
}

export const serverCredentials = (tls: Tls | undefined): ServerCredentials =>
  tls === undefined ? ServerCredentials.createInsecure() : secureCredentials(tls);
