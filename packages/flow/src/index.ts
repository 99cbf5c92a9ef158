/**
 * The vocabulary that all conntrack packages share: flows, tuples, protocols, states, status bits, addresses and keys. It has no
 * dependencies and runs in browsers.
 *
 * @module
 */

export { type Address, compareAddresses, formatAddress, parseAddress } from './address/address.js';
export type { Family } from './address/family.js';
export { type Prefix, parsePrefix, prefixContains } from './address/prefix.js';
export { type FlowChange, type FlowRef, type NatRange, type NewFlow, refOf } from './change/change.js';
export { type Direction, type End, EVENT_TYPES, type FlowCursor, FlowObjectCursor } from './cursor/cursor.js';
export type { Expectation, ExpectationEvent, ExpectFlag } from './flow/expectation.js';
export type {
  Directions,
  ExtraToken,
  Flow,
  FlowEvent,
  FlowEventType,
  FlowTuple,
  ProtoInfo,
  SeqAdj,
  SynProxy,
  TcpFlag,
  Tuple,
} from './flow/flow.js';
export { OptionsError } from './options/options.js';
export { findProtocol, PROTOCOLS, type Protocol, protocolOf } from './protocol/protocol.js';
export {
  DCCP_STATES,
  type DccpState,
  SCTP_STATES,
  type SctpState,
  stateName,
  stateNumber,
  statesOf,
  TCP_STATES,
  type TcpState,
} from './protocol/state.js';
export { LabelMap } from './status/labels.js';
export { STATUS, STATUS_BITS, type StatusName, statusMask, statusNames } from './status/status.js';
export { invertTuple } from './tuple/invert.js';
export {
  checkKey,
  decodeKey,
  encodeKey,
  type FlowKey,
  FlowKeyError,
  keyOf,
  looksLikeKey,
  nodeKey,
  splitNodeKey,
} from './tuple/key.js';
export { sameConnection } from './tuple/same-connection.js';
