// A connection tracking table that behaves as the kernel does: its events, dumps and look-ups are read later, each in its own order.
import { type Flow, type FlowEventType, keyOf, type StatusName, statusNames } from '@conntrack/flow';
import { type EntryInputs, FlowEntry } from '../src/index.js';

/** A flow as an index reads it. */
export const inputOf = (flow: Flow, event?: FlowEventType): FlowEntry => new FlowEntry().move(flow, event);

/** Flows as an index reads the entries of a part of a dump. */
export const inputsOf = (flows: readonly Flow[]): EntryInputs => {
  const rest = [...flows];
  return Object.assign(new FlowEntry(), {
    next(this: FlowEntry) {
      const flow = rest.shift();
      if (flow !== undefined) this.move(flow);
      return flow !== undefined;
    },
  });
};

export interface Shape {
  family: 'ipv4' | 'ipv6';
  protonum: number;
  client: number;
  server: number;
  port: number;
  zone: number;
  zoned: 'both' | 'original' | 'reply';
  nat: number;
}

const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'icmp',
  58: 'icmpv6',
  6: 'tcp',
  17: 'udp',
  47: 'gre',
  132: 'sctp',
  50: 'esp',
};
const address = (family: string, net: number, host: number): string =>
  family === 'ipv4' ? `10.${net}.0.${host}` : `2001:db8:${net}::${host}`;

/** Makes the tuples of a shape. */
export function flowOf({ family, protonum, client, server, port, zone, zoned, nat }: Shape, id: number): Flow {
  const src = address(family, 1, client);
  const dst = address(family, 2, server);
  const to = nat === 0 ? src : address(family, 9, nat);
  const kind =
    protonum === 47 ? 'gre' : protonum === 1 || protonum === 58 ? 'icmp' : protonum === 50 ? 'none' : 'ports';
  const request = protonum === 1 ? 8 : 128;
  const parts =
    kind === 'ports'
      ? [
          { sport: 1000 + client, dport: port },
          { sport: port, dport: 1000 + client + nat },
        ]
      : kind === 'icmp'
        ? [
            { type: request, code: 0, id: port },
            { type: protonum === 1 ? 0 : 129, code: 0, id: port },
          ]
        : kind === 'gre'
          ? [
              { srckey: port, dstkey: client },
              { srckey: client, dstkey: port },
            ]
          : [{}, {}];
  const flow: Flow = {
    id,
    family,
    protocol: PROTOCOLS[protonum]!,
    protonum,
    original: { src, dst, ...parts[0], ...(zone > 0 && zoned === 'original' && { zone }) },
    reply: { src: dst, dst: to, ...parts[1], ...(zone > 0 && zoned === 'reply' && { zone }) },
    ...(zone > 0 && zoned === 'both' && { zone }),
  };
  flow.key = keyOf(flow)!;
  return flow;
}

const STATES: Readonly<Record<number, readonly string[]>> = {
  6: ['SYN_SENT', 'SYN_RECV', 'ESTABLISHED'],
  132: ['COOKIE_WAIT', 'ESTABLISHED'],
};

/** The fields that a change sets. */
export interface Values {
  state: number;
  mark: number;
  labels: number;
  bytes: number;
  assured: boolean;
}

const statusOf = ({ assured }: Values): readonly StatusName[] => statusNames(assured ? 0xe : 0x8);

/** The entry of a flow with values, as a dump shows it. */
export function entryOf(flow: Flow, values: Values): Flow {
  const states = STATES[flow.protonum];
  return {
    ...flow,
    original: { ...flow.original, packets: values.bytes, bytes: values.bytes * 10 },
    reply: { ...flow.reply, packets: 0, bytes: 0 },
    ...(states && { state: states[values.state % states.length]! }),
    status: statusOf(values),
    timeout: 30,
    mark: values.mark,
    use: 1,
    ...(values.labels > 0 && { labels: [values.labels] }),
  };
}

/** The event of an entry: without counters, use count and a mark of 0; with the state and labels if they changed. */
function eventOf(entry: Flow, type: FlowEventType, changed: { state: boolean; labels: boolean }): FlowEntry {
  const { use: _, mark, state, labels, timeout, original, reply, ...rest } = entry;
  const bare = ({ packets: _p, bytes: _b, ...tuple }: Flow['original']): Flow['original'] => tuple;
  const flow: Flow = { ...rest, original: bare(original), reply: bare(reply) };
  if (mark !== 0 && mark !== undefined) flow.mark = mark;
  if (type !== 'destroy') {
    if (timeout !== undefined) flow.timeout = timeout;
    if (changed.state && state !== undefined) flow.state = state;
    if (changed.labels && labels !== undefined) flow.labels = labels;
  }
  return inputOf(flow, type);
}

export class Kernel {
  readonly entries = new Map<string, Flow>();
  /** Events that were not read yet. */
  events: FlowEntry[] = [];
  /** Whether events were lost. */
  gap = false;
  /** Whether a listener exists. Entries that are older send no events. */
  listening = true;
  readonly #silent = new Set<string>();
  #ids = 1;

  #emit(entry: Flow, type: FlowEventType, lost: boolean, changed = { state: true, labels: true }): void {
    const place = this.#place(entry);
    if (this.#silent.has(place)) {
      if (type === 'destroy') this.#silent.delete(place);
      return;
    }
    if (lost) this.gap = true;
    else this.events.push(eventOf(entry, type, changed));
  }
  // One connection for each original tuple and zone.
  readonly #place = (flow: Flow): string => keyOf({ ...flow, id: 0 })!;

  create(shape: Shape, values: Values, sameId: boolean, lost: boolean, before?: number): void {
    const id = sameId && before !== undefined ? before : this.#ids++;
    const flow = flowOf(shape, id);
    const place = this.#place(flow);
    if (this.entries.has(place)) return;
    if (!this.listening) this.#silent.add(place);
    const entry = entryOf(flow, values);
    this.entries.set(place, entry);
    this.#emit(entry, 'new', lost);
  }

  update(which: number, values: Values, lost: boolean): void {
    const place = [...this.entries.keys()][which % Math.max(1, this.entries.size)];
    if (place === undefined) return;
    const old = this.entries.get(place)!;
    const { state: _, labels: __, ...bare } = old;
    const entry = entryOf(bare, values);
    this.entries.set(place, entry);
    const changed = { state: entry.state !== old.state, labels: String(entry.labels) !== String(old.labels) };
    this.#emit(entry, 'update', lost, changed);
  }

  /** Ends an entry, and returns its shape's id. */
  destroy(which: number, lost: boolean): Flow | undefined {
    const place = [...this.entries.keys()][which % Math.max(1, this.entries.size)];
    if (place === undefined) return undefined;
    const entry = this.entries.get(place)!;
    this.entries.delete(place);
    this.#emit(entry, 'destroy', lost);
    return entry;
  }

  find(flow: Flow): Flow | undefined {
    return this.entries.get(this.#place(flow));
  }
}
