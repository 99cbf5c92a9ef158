import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';
import type { Family } from '@conntrack/flow';
import { familyNumber } from '@conntrack/flow/codec';
import { native } from '@conntrack/netlink/raw';
import { checked } from '../error.js';
import type { Namespace } from '../namespace.js';
import { sockaddr } from '../sockaddr.js';

// sys/socket.h, bits/socket_type.h
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const EINPROGRESS = 115;

/** An address and port. */
export interface Endpoint {
  address: string;
  /** 0 means any free port. */
  port: number;
}

const familyOfText = (address: string): Family => (address.includes(':') ? 'ipv6' : 'ipv4');

/** Node takes over sockets by their descriptor. So this only does what decides the namespace and the addresses. */
function open(namespace: Namespace, type: number, protocol: number, local: Endpoint): number {
  const fd = namespace.socket(familyNumber(familyOfText(local.address)), type | SOCK_NONBLOCK, protocol);
  try {
    // With a free port, the option would allow two UDP sockets to get the same one, and one of them would receive all answers.
    if (local.port !== 0) native().setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    checked(native().bind(fd, sockaddr(local.address, local.port)), `bind to ${local.address} port ${local.port}`);
  } catch (error) {
    native().close(fd);
    throw error;
  }
  return fd;
}

/** Starts a TCP server in a namespace. Its connections stay open when the other side ends. */
export async function listenTcp(namespace: Namespace, at: Endpoint, accept: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, accept);
  const listening = once(server, 'listening');
  server.listen({ fd: open(namespace, SOCK_STREAM, 0, at), exclusive: true });
  await listening;
  return server;
}

/** Starts a TCP connection: the SYN is on its way, and data is sent once it is answered. */
export function connectTcp(namespace: Namespace, from: Endpoint, to: Endpoint): Socket {
  const fd = open(namespace, SOCK_STREAM, 0, from);
  const result = native().connect(fd, sockaddr(to.address, to.port));
  if (result < 0 && result !== -EINPROGRESS) {
    native().close(fd);
    checked(result, `connect to ${to.address} port ${to.port}`);
  }
  return new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
}

/** Opens a UDP socket or, with the protocol number of ICMP or ICMPv6, a ping socket (icmp(7)), whose port is the identifier. */
export async function openDatagram(namespace: Namespace, at: Endpoint, protocol = 0): Promise<DatagramSocket> {
  const socket = createSocket(familyOfText(at.address) === 'ipv4' ? 'udp4' : 'udp6');
  // Binding to a descriptor finishes at once, and emits the event at once.
  const listening = once(socket, 'listening');
  socket.bind({ fd: open(namespace, SOCK_DGRAM, protocol, at), exclusive: true });
  await listening;
  return socket;
}
