/**
 * TCP states by their kernel number: `enum tcp_conntrack` (linux/netfilter/nf_conntrack_tcp.h), 0 to 9, as
 * conntrack(8) and /proc print them. Number 9 was LISTEN before Linux 2.6.31 and is SYN_SENT2 since (simultaneous open).
 */
export const TCP_STATES = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
] as const;

/**
 * SCTP states by their kernel number: `enum sctp_conntrack` (linux/netfilter/nf_conntrack_sctp.h). Number 9, HEARTBEAT_ACKED, was removed
 * in Linux 6.1.
 */
export const SCTP_STATES = [
  'NONE',
  'CLOSED',
  'COOKIE_WAIT',
  'COOKIE_ECHOED',
  'ESTABLISHED',
  'SHUTDOWN_SENT',
  'SHUTDOWN_RECD',
  'SHUTDOWN_ACK_SENT',
  'HEARTBEAT_SENT',
  'HEARTBEAT_ACKED',
] as const;

/** DCCP states by their kernel number: `enum ct_dccp_states` (linux/netfilter/nf_conntrack_dccp.h). The tracker was removed in Linux 6.17. */
export const DCCP_STATES = [
  'NONE',
  'REQUEST',
  'RESPOND',
  'PARTOPEN',
  'OPEN',
  'CLOSEREQ',
  'CLOSING',
  'TIME_WAIT',
  'IGNORE',
  'INVALID',
] as const;

/** The name of a TCP state. */
export type TcpState = (typeof TCP_STATES)[number];
/** The name of an SCTP state. */
export type SctpState = (typeof SCTP_STATES)[number];
/** The name of a DCCP state. */
export type DccpState = (typeof DCCP_STATES)[number];

/** Other spellings of states, used by conntrack(8) and old kernels, each with its name in the tables above. */
export const STATE_ALIASES: Readonly<Record<string, string>> = { LISTEN: 'SYN_SENT2', TIMEWAIT: 'TIME_WAIT' };

const byProtocol: Readonly<Record<number, readonly string[]>> = { 6: TCP_STATES, 33: DCCP_STATES, 132: SCTP_STATES };

/** The state names of a protocol, indexed by kernel number; empty for a protocol without states. */
export const statesOf = (protonum: number): readonly string[] => byProtocol[protonum] ?? [];

/** Returns the name of a state. For a number without a name, returns the number as text (`"11"`). */
export const stateName = (protonum: number, state: number): string => statesOf(protonum)[state] ?? String(state);

/** Returns the kernel number of a state from its name, alias or number as text, case-insensitive; -1 if the protocol has no such state. */
export function stateNumber(protonum: number, name: string): number {
  const upper = name.toUpperCase();
  const index = statesOf(protonum).indexOf(STATE_ALIASES[upper] ?? upper);
  if (index >= 0) return index;
  return protonum in byProtocol && /^\d{1,3}$/.test(name) && Number(name) < 256 ? Number(name) : -1;
}
