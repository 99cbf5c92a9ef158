import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect } from 'node:net';

/** A way to the collector. */
export interface Link {
  /** Gives a message to the kernel. `done` is called once, in the order of the calls: with an error if the message is lost. */
  send(bytes: Uint8Array, done: (error?: Error) => void): void;
  /** Whether the collector's name has another address now, so that a new link is needed. */
  moved(): Promise<boolean>;
  close(): void;
}

/** Where to. */
interface Target {
  readonly host: string;
  readonly port: number;
}

/** How long a connection may take to be opened. */
const CONNECT_TIMEOUT = 10_000;

/** Opens a UDP socket whose only peer is the collector, so that the kernel reports a port on which nobody listens. */
export async function openUdp({ host, port }: Target): Promise<Link> {
  const { address, family } = await lookup(host);
  const socket: UdpSocket = createSocket(family === 6 ? 'udp6' : 'udp4');
  // Errors of earlier datagrams (an ICMP answer) that no call of `send` reports.
  socket.on('error', () => {});
  socket.connect(port, address);
  await once(socket, 'connect');
  return {
    send: (bytes, done) => socket.send(bytes, error => done(error ?? undefined)),
    moved: async () => {
      // A name server that does not answer now says nothing about the address.
      const now = await lookup(host).catch(() => undefined);
      return now !== undefined && now.address !== address;
    },
    close: () => socket.close(),
  };
}

/** Opens a TCP connection. `lost` is called when it ends, unless `close` ended it. */
export async function openTcp({ host, port }: Target, lost: (error: Error) => void): Promise<Link> {
  const socket = connect({ host, port, keepAlive: true });
  let failure = new Error('the collector closed the connection');
  socket.on('error', error => {
    failure = error;
  });
  const timer = setTimeout(
    () => socket.destroy(new Error(`no answer within ${CONNECT_TIMEOUT / 1000} s`)),
    CONNECT_TIMEOUT,
  );
  try {
    await once(socket, 'connect');
  } finally {
    clearTimeout(timer);
  }
  let closed = false;
  socket.on('close', () => closed || lost(failure));
  // Collectors send nothing (RFC 7011, 10.4.1). The end of the connection is noticed only by reading.
  socket.resume();
  return {
    send: (bytes, done) => void socket.write(bytes, error => done(error ?? undefined)),
    moved: async () => false,
    close: () => {
      closed = true;
      socket.destroySoon();
    },
  };
}
