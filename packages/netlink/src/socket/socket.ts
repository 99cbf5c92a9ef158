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
const SOL_NETLINK = 270;

/** A bound netfilter netlink socket. Its owner closes it. @throws NetlinkError */
export function openSocket(addon: Native, netns: NetnsRef | undefined): number {
  const fd = withNetns(netns, fd => opened(addon.socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER, fd)));
  // Old kernels have neither: errors are then explained from errno alone.
  addon.setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
  addon.setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
  return fd;
}

/** The descriptor, or the error. Without nfnetlink, which nf_conntrack_netlink brings along, the kernel does not know the protocol. */
function opened(result: number): number {
  if (result === -EPROTONOSUPPORT) throw moduleMissing(kernelError('open', EPROTONOSUPPORT));
  return checked(result, 'open');
}

/** Sets a netlink option of a socket (NETLINK_ADD_MEMBERSHIP …). */
export const setNetlinkOption = (addon: Native, fd: number, option: number, value: number): number =>
  addon.setsockopt(fd, SOL_NETLINK, option, value);

/** Sizes the receive buffer, beyond net.core.rmem_max where that is allowed. What the kernel gave, in bytes, and whether force was refused. */
export function sizeReceiveBuffer(addon: Native, fd: number, bytes: number): { bytes: number; forced: boolean } {
  const forced = addon.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes) >= 0;
  if (!forced) addon.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, bytes);
  return { bytes: addon.getsockopt(fd, SOL_SOCKET, SO_RCVBUF), forced };
}

/** Sizes the send buffer likewise, which bounds a single send. What the kernel gave, in bytes. */
export function sizeSendBuffer(addon: Native, fd: number, bytes: number): number {
  if (addon.setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, bytes) < 0) addon.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, bytes);
  return addon.getsockopt(fd, SOL_SOCKET, SO_SNDBUF);
}

/** sockaddr_nl (linux/netlink.h): family, padding, portid (0: the kernel chooses), groups. */
const ANY = new Uint8Array(new Uint16Array([AF_NETLINK, 0, 0, 0, 0, 0]).buffer);

/** Gives the socket a port. The first send does that as well; a socket that only listens hears nothing before it has one. */
export const bindSocket = (addon: Native, fd: number): number => addon.bind(fd, ANY);
