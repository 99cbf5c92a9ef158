/**
 * The kernel's numbers, addresses as 32-bit words, and keys as bytes. For decoders and encoders; programs use the main entry point.
 *
 * @module
 */

export { formatIPv4, formatIPv6, ipv4, MAPPED_WORD, parseIPv4, parseIPv6Into } from './address/address.js';
export { AF_INET, AF_INET6, familyNumber } from './address/family.js';
export {
  addressBits,
  formatPrefix,
  hasHostBits,
  networkOf,
  parsePrefixLength,
  prefixMasks,
} from './address/prefix.js';
export {
  entryZone,
  ORIGINAL,
  ORIGINAL_DST,
  ORIGINAL_SRC,
  REPLY,
  REPLY_DST,
  REPLY_SRC,
} from './cursor/cursor.js';
export { PackedEntry, packCursor, packIdentity } from './cursor/packed-entry.js';
export { DESTINATION_NAT, isTranslated, SOURCE_NAT, type Translation } from './cursor/translated.js';
export { EXPECT_FLAGS } from './flow/expectation.js';
export { TCP_FLAGS } from './flow/flow.js';
export {
  ICMP_REPLY,
  ICMPV6_REPLY,
  MAY_BE_UNTRACKED,
  TUPLE_FIELDS,
  type TupleKind,
} from './protocol/protocol.js';
export { STATE_ALIASES } from './protocol/state.js';
export { tcpInfoOf } from './protocol/tcp-info.js';
export { ANSWERING_PART, PART_BITS, TUPLE_PARTS, type TuplePart } from './protocol/tuple-parts.js';
export { MAX_LABEL } from './status/labels.js';
export { SAVE_STATUS, statusBit } from './status/status.js';
export { encodeKeyBytes } from './tuple/key.js';
export { packedParts } from './tuple/packed-parts.js';
export { readCountedTuple, readTuple } from './tuple/read-tuple.js';
