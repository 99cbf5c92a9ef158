import type { Authenticator, ConnectionOptions, NatsConnection } from '@nats-io/transport-node';
import { FleetError } from '../../error.js';
import { Backoff } from './backoff.js';
import { withoutSecrets } from './fleet-url.js';
import type { BrokerOptions } from './options.js';

/** Milliseconds between pings, of which two may be missed: a broker that vanished is noticed in a minute. */
const PING_INTERVAL = 20_000;
/** Milliseconds until an attempt to connect fails. */
const DIAL_TIME = 5_000;

const missing = (error: unknown): FleetError =>
  new FleetError(
    'BROKER_UNUSABLE',
    "NATS needs the package '@nats-io/transport-node', which is not installed. Install it: npm install @nats-io/transport-node@3",
    { cause: error },
  );

const unusable = (message: string, cause?: unknown): FleetError =>
  new FleetError('BROKER_UNUSABLE', message, { cause });

/** Loads the client of NATS, which a server without a fleet never needs. */
export async function loadNats(): Promise<typeof import('@nats-io/transport-node')> {
  try {
    return await import('@nats-io/transport-node');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') throw missing(error);
    throw error;
  }
}

const SEED = /^\s*(SU[A-Z2-7]{56})\s*$/m;

type Nats = Awaited<ReturnType<typeof loadNats>>;

function authenticatorOf(nats: Nats, text: string): Authenticator {
  const bytes = new TextEncoder().encode(text);
  if (text.includes('BEGIN NATS USER JWT')) return nats.credsAuthenticator(bytes);
  const seed = SEED.exec(text)?.[1];
  if (seed === undefined)
    throw unusable(
      "the credentials are neither a file of 'nsc' (with BEGIN NATS USER JWT) nor the seed of a user's nkey (SU…)",
    );
  return nats.nkeyAuthenticator(new TextEncoder().encode(seed));
}

/** The address of a server, without user and password. @throws FleetError BROKER_UNUSABLE */
function serverOf(text: string): { url: URL; server: string; secure: boolean } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['nats:', 'tls:'].includes(url.protocol) || url.hostname === '')
    throw unusable(`'${withoutSecrets(text)}' is not the URL of a broker. Use nats://HOST:4222 or tls://HOST:4222`);
  return { url, server: `${url.hostname}:${url.port || '4222'}`, secure: url.protocol === 'tls:' };
}

function accessOf(nats: Nats, { credentials }: BrokerOptions, url: URL): Partial<ConnectionOptions> {
  if (credentials !== undefined) return { authenticator: authenticatorOf(nats, credentials) };
  if (url.username === '') return {};
  const user = decodeURIComponent(url.username);
  return url.password === '' ? { token: user } : { user, pass: decodeURIComponent(url.password) };
}

/** What a connection reports after it was made. */
export interface BrokerEvents {
  connected?(): void;
  disconnected?(): void;
  /** The broker refused something, for example a subject without permission. */
  refused?(error: Error): void;
}

/** A connection to a broker that comes back by itself. */
export interface Broker {
  readonly connection: NatsConnection;
  /** Whether messages reach the broker now. */
  readonly connected: boolean;
  /** Maximum bytes of one message. */
  readonly maxPayload: number;
  close(): Promise<void>;
}

/** Options of a connection. */
export interface ConnectOptions extends BrokerOptions {
  /** The name that the broker's monitoring shows. */
  name: string;
  /** The prefix of inboxes. Default: that of NATS. */
  inboxPrefix?: string;
}

function connectionOptions(nats: Nats, options: ConnectOptions, wait: () => number): ConnectionOptions {
  const servers = [options.servers].flat().map(serverOf);
  if (servers.length === 0) throw unusable('no broker is given. Use nats://HOST:4222');
  return {
    servers: servers.map(({ server }) => server),
    name: options.name,
    ...accessOf(nats, options, servers[0]!.url),
    ...((options.tls !== undefined || servers.some(({ secure }) => secure)) && { tls: { ...options.tls } }),
    ...(options.inboxPrefix !== undefined && { inboxPrefix: options.inboxPrefix }),
    timeout: DIAL_TIME,
    maxReconnectAttempts: -1,
    // A credential that is renewed on the broker's side works again without a restart of this program.
    ignoreAuthErrorAbort: true,
    pingInterval: PING_INTERVAL,
    reconnectDelayHandler: wait,
  };
}

/**
 * Connects to a broker, and reconnects for ever.
 *
 * @throws FleetError BROKER_UNUSABLE
 */
export async function connectBroker(options: ConnectOptions, events: BrokerEvents = {}): Promise<Broker> {
  const nats = await loadNats();
  const backoff = new Backoff();
  const settings = connectionOptions(nats, options, () => backoff.wait());
  let connection: NatsConnection;
  try {
    connection = await nats.connect(settings);
  } catch (error) {
    throw unusable(`no connection to the broker ${[settings.servers].flat().join(', ')}: ${reasonOf(error)}`, error);
  }
  let connected = true;
  const follow = async (): Promise<void> => {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') {
        if (!connected) continue;
        connected = false;
        backoff.begin();
        events.disconnected?.();
      } else if (status.type === 'reconnect') {
        connected = true;
        events.connected?.();
      } else if (status.type === 'error') events.refused?.(status.error);
    }
  };
  void follow();
  return {
    connection,
    get connected() {
      return connected && !connection.isClosed();
    },
    get maxPayload() {
      return connection.info?.max_payload ?? 1024 * 1024;
    },
    close: () => connection.close(),
  };
}

/** The reason of a failed connection: the message of NATS is often less than that of its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}
