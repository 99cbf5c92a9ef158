/** How a NATS broker is reached. */
export interface BrokerOptions {
  /** One or more URLs: `nats://HOST:4222`, or `tls://HOST:4222` if the broker must use TLS. */
  servers: string | readonly string[];
  /**
   * The content of a credentials file: that of `nsc` (a JWT and its seed), or the seed of an nkey alone. Default: the
   * user and password of the URL, or none.
   */
  credentials?: string;
  /** TLS settings as PEM: the CA to trust (default: those of Node), and the client's certificate and key. */
  tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

/** The options of a broker alone, without those of the program that uses it. */
export const brokerOf = ({ servers, credentials, tls }: BrokerOptions): BrokerOptions => ({
  servers,
  ...(credentials !== undefined && { credentials }),
  ...(tls !== undefined && { tls }),
});
