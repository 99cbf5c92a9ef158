import { checked, kernelError, moduleMissing } from '../wire/error.js';
import { AF_NETLINK, NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_NETFILTER } from '../wire/uapi.js';
import type { Native } from './native.js';
import { type NetnsRef, withNetns } from './netns.js';

const EPROTONOSUPPORT = 93;
const SOCK_RAW = 3;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SO_SNDBUF = 7;
const SO_SNDBUFFORCE = 32;
/** Its first word is the memory of unread messages (linux/sock_diag.h: SK_MEMINFO_RMEM_ALLOC). Since Linux 4.12. */
const SO_MEMINFO = 55;
const SOL_NETLINK = 270;

/** Opens and binds a netfilter netlink socket. The caller closes it. @throws NetlinkError */
export function openSocket(addon: Native, netns: NetnsRef | undefined): number {
  const fd = withNetns(netns, fd => opened(addon.socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER, fd)));
  // Old kernels support neither option: errors are then explained from errno alone.
  addon.setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
  addon.setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
  return fd;
}

/** Returns the descriptor or throws the error. A kernel without nfnetlink, which nf_conntrack_netlink loads, does not know the protocol. */
function opened(result: number): number {
  if (result === -EPROTONOSUPPORT) throw moduleMissing(kernelError('open', EPROTONOSUPPORT));
  return checked(result, 'open');
}

/** Sets a netlink option of a socket (NETLINK_ADD_MEMBERSHIP …). */
export const setNetlinkOption = (addon: Native, fd: number, option: number, value: number): number =>
  addon.setsockopt(fd, SOL_NETLINK, option, value);

/**
 * Sets the size of the receive buffer, above net.core.rmem_max if that is allowed. Returns the size in bytes that the kernel chose, and
 * whether the limit could be exceeded.
 */
export function sizeReceiveBuffer(addon: Native, fd: number, bytes: number): { bytes: number; forced: boolean } {
  const forced = addon.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes) >= 0;
  if (!forced) addon.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, bytes);
  return { bytes: addon.getsockopt(fd, SOL_SOCKET, SO_RCVBUF), forced };
}

/** Whether messages wait in a socket's receive buffer. A kernel that cannot say counts as no. */
export const hasUnreadMessages = (addon: Native, fd: number): boolean =>
  addon.getsockopt(fd, SOL_SOCKET, SO_MEMINFO) > 0;

/** Sets the size of the send buffer, which limits a single send. Returns the size in bytes that the kernel chose. */
export function sizeSendBuffer(addon: Native, fd: number, bytes: number): number {
  if (addon.setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, bytes) < 0) addon.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, bytes);
  return addon.getsockopt(fd, SOL_SOCKET, SO_SNDBUF);
}

/** sockaddr_nl (linux/netlink.h): family, padding, portid (0: the kernel chooses), groups. */
const ANY = new Uint8Array(new Uint16Array([AF_NETLINK, 0, 0, 0, 0, 0]).buffer);

/** Gives the socket a port id. The first send does that too, but a socket that only listens receives nothing without one. */
export const bindSocket = (addon: Native, fd: number): number => addon.bind(fd, ANY);
