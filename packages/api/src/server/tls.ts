import { constants, X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createSecureContext, type TlsOptions as NodeTlsOptions, type TLSSocket } from 'node:tls';
import type { Principal } from '../auth/scopes.js';
import { ListenError } from './listen-error.js';

/** Whose certificate it is, by one of its marks. */
export interface CertificateHolder extends Principal {
  /** SHA-256 of the certificate, in hexadecimal with or without colons. */
  readonly fingerprint?: string;
  /** An entry of its subject alternative names: `DNS:controller.example`, `URI:spiffe://example/controller`. */
  readonly san?: string;
  /** The common name of its subject. */
  readonly commonName?: string;
}

/** How an address speaks TLS. All PEM. */
export interface TlsOptions {
  /** The server's certificate, and those between it and its authority. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** Who signs the certificates of clients. With it clients are asked for one. */
  readonly clientCa?: string | Buffer;
  /** Whether a client without a certificate is turned away in the handshake (the default), or needs a token. */
  readonly clientAuth?: 'required' | 'optional';
  /** Who the holders of certificates are. A certificate that is nobody's is good for the handshake alone. */
  readonly clients?: readonly CertificateHolder[];
}

const context = ({ cert, key, clientCa }: TlsOptions) => ({
  cert,
  key,
  ...(clientCa !== undefined && { ca: clientCa }),
  minVersion: 'TLSv1.2' as const,
});

/** Certificate and key as they have to be, looked at before anything listens. @throws ListenError LISTEN_TLS */
export function checkTls(tls: TlsOptions, listen: string): void {
  try {
    createSecureContext(context(tls));
  } catch (error) {
    throw new ListenError(
      'LISTEN_TLS',
      `certificate and key of ${listen} do not work: ${(error as Error).message}`,
      listen,
      error,
    );
  }
  if (tls.clients !== undefined && tls.clientCa === undefined)
    throw new ListenError('LISTEN_TLS', `clients of ${listen} require a clientCa to verify their certificates`, listen);
  const { validTo, validToDate } = new X509Certificate(tls.cert) as X509Certificate & { validToDate?: Date };
  if ((validToDate ?? new Date(validTo)) < new Date())
    throw new ListenError('LISTEN_TLS', `the certificate of ${listen} expired on ${validTo}. Renew it`, listen);
}

/** What Node's TLS server takes. */
export const tlsServerOptions = (tls: TlsOptions): NodeTlsOptions => ({
  ...context(tls),
  requestCert: tls.clientCa !== undefined,
  rejectUnauthorized: tls.clientCa !== undefined && tls.clientAuth !== 'optional',
  // A session that is taken up again would not be checked against an authority that has changed since.
  secureOptions: tls.clientCa === undefined ? 0 : constants.SSL_OP_NO_TICKET,
});

/** What can be exchanged while the server runs. */
export const secureContext = (tls: TlsOptions) => context(tls);

const plain = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase();

/** `DNS:a, URI:"b, c"`: the entries of a certificate's alternative names; what has commas in it is quoted as JSON. */
export const alternativeNames = (text: string): string[] =>
  [...text.matchAll(/([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)].map(
    ([, kind, value]) => `${kind}:${value!.startsWith('"') ? String(JSON.parse(value!)) : value}`,
  );

const holds = ({ fingerprint, san, commonName }: CertificateHolder, certificate: X509Certificate): boolean => {
  const marks = [
    fingerprint === undefined ? undefined : plain(fingerprint) === plain(certificate.fingerprint256),
    san === undefined ? undefined : alternativeNames(certificate.subjectAltName ?? '').includes(san),
    commonName === undefined ? undefined : certificate.subject?.split('\n').includes(`CN=${commonName}`),
  ].filter(mark => mark !== undefined);
  return marks.length > 0 && marks.every(Boolean);
};

/** Finds out who the holder of a connection's certificate is; looked at once for each connection. */
export function certificateHolders(
  holders: readonly CertificateHolder[],
): (incoming: IncomingMessage) => Principal | undefined {
  const known = new WeakMap<object, Principal | 'nobody'>();
  return ({ socket }) => {
    let holder = known.get(socket);
    if (holder === undefined) {
      const { authorized } = socket as TLSSocket;
      const certificate = authorized ? (socket as TLSSocket).getPeerX509Certificate() : undefined;
      holder = (certificate && holders.find(each => holds(each, certificate))) ?? 'nobody';
      known.set(socket, holder);
    }
    return holder === 'nobody' ? undefined : holder;
  };
}
