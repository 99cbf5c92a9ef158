export {
  type Address,
  compareAddresses,
  formatAddress,
  formatIPv4,
  formatIPv6,
  ipv4,
  MAPPED_WORD,
  parseAddress,
  parseIPv4,
  parseIPv6Into,
} from './address.js';
export { type FlowChange, type FlowRef, type NatRange, type NewFlow, refOf } from './change.js';
export {
  COLUMNS,
  type Column,
  type ColumnKind,
  columnValue,
  findColumn,
  type Place,
  setAt,
  valueAt,
} from './columns.js';
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
} from './cursor.js';
export { EXPECT_FLAGS, type Expectation, type ExpectationEvent, type ExpectFlag } from './expectation.js';
export { AF_INET, AF_INET6, type Family, familyNumber, familyOf } from './family.js';
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
} from './flow.js';
export { invertTuple } from './invert.js';
export { decodeKey, encodeKey, encodeKeyBytes, type FlowKey, FlowKeyError, keyOf } from './key.js';
export { LabelMap, MAX_LABEL } from './labels.js';
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
  objectOf,
  oneOf,
  suggestion,
  text,
  whole,
} from './options.js';
export {
  addressBits,
  commonLength,
  formatPrefix,
  hasHostBits,
  networkOf,
  type Prefix,
  parsePrefix,
  parsePrefixLength,
  prefixContains,
  prefixMasks,
} from './prefix.js';
export { hasControls, printable, printableJson } from './printable.js';
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
} from './protocol.js';
export { sameConnection } from './same-connection.js';
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
} from './state.js';
export { STATUS, STATUS_BITS, type StatusName, statusBit, statusMask, statusNames } from './status.js';
export { newStatusRefusal, statusRefusal } from './status-refusal.js';
export { joinList, nearest, orList } from './suggest.js';
export { formatNanoseconds, millisecondsOf, parseNanoseconds } from './time.js';
export { checkFlowChange, checkFlowRef, checkNewFlow, checkRefKeys } from './validate.js';
