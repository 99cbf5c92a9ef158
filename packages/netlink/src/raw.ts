/**
 * What is below the client, for other programs of this repository that talk netlink: sockets, messages and attributes. It changes with the package's
 * insides and is not part of its public interface.
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
