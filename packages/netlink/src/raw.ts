/**
 * Sockets, messages and attributes below the client, for other programs of this repository that use netlink. It changes with the inside of
 * the package and is not part of its public interface.
 *
 * @module
 */

export { type Native, native } from './socket/native.js';
export { LITTLE } from './wire/endianness.js';
export { type Answer, type Message, messages, readAnswer } from './wire/message.js';
export {
  AF_NETLINK,
  NETLINK_EXT_ACK,
  NETLINK_NETFILTER,
  NFNETLINK_V1,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REQUEST,
  NLMSG_ERROR,
} from './wire/uapi.js';
export { eachAttribute } from './wire/walk.js';
export { MessageWriter } from './wire/writer.js';
