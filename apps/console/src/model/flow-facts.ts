// What the console reads out of a flow.
import type { Flow } from '@conntrack/client';

/** What a capture says of a flow beside its entry. */
export interface SeenFlow {
  /** The type of the event, if the flow comes from an event log. */
  readonly event?: string;
  /** In which of two compared captures the flow is. */
  readonly difference?: string;
}

/** An end of a connection in words. */
export interface Nat {
  /** The source as the other side sees it, if it is translated. */
  source?: { address: string; port: number | undefined };
  /** The real destination, if it is translated. */
  destination?: { address: string; port: number | undefined };
}

/** How the addresses and ports of a flow are translated, from its two tuples. */
export function natOf({ original, reply }: Flow): Nat {
  const nat: Nat = {};
  if (reply.dst !== undefined && (reply.dst !== original.src || reply.dport !== original.sport))
    nat.source = { address: reply.dst, port: reply.dport };
  if (reply.src !== undefined && (reply.src !== original.dst || reply.sport !== original.dport))
    nat.destination = { address: reply.src, port: reply.sport };
  return nat;
}

/** Bytes of both directions; `undefined` if the source does not count. */
export function bytesOf({ original, reply }: Flow): number | undefined {
  if (original.bytes === undefined && reply.bytes === undefined) return undefined;
  return (original.bytes ?? 0) + (reply.bytes ?? 0);
}

export function packetsOf({ original, reply }: Flow): number | undefined {
  if (original.packets === undefined && reply.packets === undefined) return undefined;
  return (original.packets ?? 0) + (reply.packets ?? 0);
}

const has = (flow: Flow, bit: string): boolean =>
  (flow.status as readonly string[] | undefined)?.includes(bit) ?? false;

export const isUnreplied = (flow: Flow): boolean => flow.status !== undefined && !has(flow, 'SEEN_REPLY');
export const isAssured = (flow: Flow): boolean => has(flow, 'ASSURED');
export const isOffloaded = (flow: Flow): boolean => has(flow, 'OFFLOAD') || has(flow, 'HW_OFFLOAD');

/** Seconds that a flow existed: from its start until now, or what the text gives. */
export const ageOf = ({ start, deltaTime }: Flow, now: number | undefined): number | undefined =>
  deltaTime ?? (start === undefined || now === undefined ? undefined : Math.max(0, now - Date.parse(start)) / 1000);

/** The kind of a flow's state, which chooses its colour. */
export function stateKind(flow: Flow): 'open' | 'opening' | 'closing' | 'lonely' | 'plain' {
  if (isUnreplied(flow)) return 'lonely';
  switch (flow.state) {
    case 'ESTABLISHED':
    case 'OPEN':
      return 'open';
    case 'SYN_SENT':
    case 'SYN_RECV':
    case 'SYN_SENT2':
    case 'COOKIE_WAIT':
    case 'COOKIE_ECHOED':
    case 'REQUEST':
    case 'RESPOND':
    case 'PARTOPEN':
      return 'opening';
    case undefined:
      return 'plain';
    default:
      return 'closing';
  }
}

/** What identifies a row: the key, or the tuple where a source gives no ids. */
export const rowKey = ({ key, protonum, original, zone }: Flow): string =>
  key ?? JSON.stringify([protonum, original.src, original.dst, original.sport, original.dport, original.id, zone]);

/** The filter that selects exactly the tuple of a flow, for links and commands. */
export function tupleFilter({ protocol, original }: Flow): string {
  const pairs: [string, string | number | undefined][] = [
    ['proto', protocol],
    ['src', original.src],
    ['dst', original.dst],
    ['sport', original.sport],
    ['dport', original.dport],
    ['icmp.id', original.id],
  ];
  return pairs
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}
