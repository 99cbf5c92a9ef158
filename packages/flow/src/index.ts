export {
  type Address,
  compareAddresses,
  formatAddress,
  formatIPv4,
  formatIPv6,
  ipv4,
  parseAddress,
  parseIPv4,
} from './address/address.js';
export { AF_INET, AF_INET6, type Family, familyNumber, familyOf } from './address/family.js';
export {
  addressBits,
  formatPrefix,
  hasHostBits,
  networkOf,
  type Prefix,
  parsePrefix,
  parsePrefixLength,
  prefixContains,
} from './address/prefix.js';
export { type FlowChange, type FlowRef, type NatRange, type NewFlow, refOf } from './change/change.js';
export { newStatusRefusal, statusRefusal } from './change/status-refusal.js';
export { checkFlowChange, checkFlowRef, checkNewFlow, checkRefKeys } from './change/validate.js';
export {
  type Direction,
  type End,
  EVENT_TYPES,
  entryZone,
  type FlowCursor,
  FlowObjectCursor,
  ORIGINAL,
  ORIGINAL_DST,
  ORIGINAL_SRC,
  REPLY,
  REPLY_DST,
  REPLY_SRC,
} from './cursor/cursor.js';
export {
  COLUMNS,
  type Column,
  type ColumnKind,
  columnValue,
  findColumn,
  type Place,
  setAt,
  valueAt,
} from './flow/columns.js';
export { EXPECT_FLAGS, type Expectation, type ExpectationEvent, type ExpectFlag } from './flow/expectation.js';
export {
  type Directions,
  type ExtraToken,
  type Flow,
  type FlowEvent,
  type FlowEventType,
  type FlowTuple,
  type ProtoInfo,
  type SeqAdj,
  type SynProxy,
  TCP_FLAGS,
  type TcpFlag,
  type Tuple,
} from './flow/flow.js';
export {
  abortSignal,
  anything,
  type Complain,
  callback,
  checkKeys,
  checkOptions,
  expecting,
  flag,
  listOf,
  type OptionKeys,
  type OptionRule,
  type OptionRules,
  OptionsError,
  object,
  objectOf,
  oneOf,
  suggestion,
  text,
  whole,
} from './options/options.js';
export { joinList, nearest, orList } from './options/suggest.js';
export {
  findProtocol,
  ICMP_REPLY,
  ICMPV6_REPLY,
  MAY_BE_UNTRACKED,
  PROTOCOLS,
  type Protocol,
  protocolOf,
  TUPLE_FIELDS,
  type TupleKind,
} from './protocol/protocol.js';
export {
  DCCP_STATES,
  type DccpState,
  SCTP_STATES,
  type SctpState,
  STATE_ALIASES,
  stateName,
  stateNumber,
  statesOf,
  TCP_STATES,
  type TcpState,
} from './protocol/state.js';
export { ANSWERING_PART, PART_BITS, TUPLE_PARTS, type TuplePart } from './protocol/tuple-parts.js';
export { LabelMap, MAX_LABEL } from './status/labels.js';
export {
  SAVE_STATUS,
  STATUS,
  STATUS_BITS,
  type StatusName,
  statusBit,
  statusMask,
  statusNames,
} from './status/status.js';
export { hasControls, printable, printableJson } from './text/printable.js';
export { formatNanoseconds, millisecondsOf, parseNanoseconds } from './text/time.js';
export { invertTuple } from './tuple/invert.js';
export { decodeKey, encodeKey, type FlowKey, FlowKeyError, keyOf } from './tuple/key.js';
export { sameConnection } from './tuple/same-connection.js';
