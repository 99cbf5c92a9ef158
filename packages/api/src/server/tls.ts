import { constants, X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createSecureContext, type TlsOptions as NodeTlsOptions, type TLSSocket } from 'node:tls';
import type { Principal } from '../auth/scopes.js';
import { ListenError } from './listen-error.js';

/** A client that is identified by its certificate. All given marks must match. */
export interface CertificateHolder extends Principal {
  /** SHA-256 fingerprint of the certificate in hexadecimal, with or without colons. */
  readonly fingerprint?: string;
  /** An entry of the subject alternative names: `DNS:controller.example`, `URI:spiffe://example/controller`. */
  readonly san?: string;
  /** The common name of the subject. */
  readonly commonName?: string;
}

/** TLS settings of an address. Certificates and keys are PEM. */
export interface TlsOptions {
  /** The server's certificate, followed by its intermediate certificates. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** The CA of client certificates. With it, clients are asked for a certificate. */
  readonly clientCa?: string | Buffer;
  /**
   * What happens to a client without a certificate: the handshake fails (`required`, the default), or it needs a token
   * (`optional`).
   */
  readonly clientAuth?: 'required' | 'optional';
  /** The clients that certificates identify. Any other valid certificate allows the handshake only. */
  readonly clients?: readonly CertificateHolder[];
}

const context = ({ cert, key, clientCa }: TlsOptions) => ({
  cert,
  key,
  ...(clientCa !== undefined && { ca: clientCa }),
  minVersion: 'TLSv1.2' as const,
});

/** Checks certificate and key before the server listens. @throws ListenError LISTEN_TLS */
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

/** The options of Node's TLS server. */
export const tlsServerOptions = (tls: TlsOptions): NodeTlsOptions => ({
  ...context(tls),
  requestCert: tls.clientCa !== undefined,
  rejectUnauthorized: tls.clientCa !== undefined && tls.clientAuth !== 'optional',
  // A resumed session would not be checked again after the CA was replaced.
  secureOptions: tls.clientCa === undefined ? 0 : constants.SSL_OP_NO_TICKET,
});

/** The settings that can be replaced while the server runs. */
export const secureContext = (tls: TlsOptions) => context(tls);

const plain = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase();

/** Splits a certificate's alternative names: `DNS:a, URI:"b, c"`. A value with commas is quoted as JSON. */
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

/**
 * Makes a function that identifies the client of a connection by its certificate. The result is cached for each
 * connection.
 */
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
