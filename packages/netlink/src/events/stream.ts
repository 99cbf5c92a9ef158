import { EVENT_TYPES, type ExpectationEvent, type FlowEvent, type FlowEventType } from '@conntrack/flow';
import { EntryCursor } from '../entry/cursor.js';
import { UnknownByKind } from '../entry/unknown.js';
import { expectationEventOf } from '../expectation/decode.js';
import type { Session } from '../socket/session.js';
import { type Slab, SlabStream } from '../socket/slab-stream.js';
import { bindSocket, setNetlinkOption, sizeReceiveBuffer } from '../socket/socket.js';
import { checked, kernelError, type NetlinkError } from '../wire/error.js';
import { type Message, messages } from '../wire/message.js';
import * as U from '../wire/uapi.js';
import type { EventOptions } from './options.js';

/**
 * What an unread event costs of a socket buffer: its message lies in a page-sized block, and the kernel counts the block (measured on Linux
 * 6.18; SO_RCVBUF's doubling is included in the sizes that getsockopt(2) answers).
 */
const BYTES_PER_EVENT = 1280;
const ENOBUFS = 105;
/** Room for about 500,000 events. */
const BACKLOG = 128 * 2 ** 20;

/** Some events were lost: the kernel's buffer was full. How many it does not tell. */
export interface EventGap {
  type: 'gap';
  error: NetlinkError;
}

/** The id that the listener's namespace has for the one of the event; absent for its own. */
interface Origin {
  nsid?: number;
}

/** One item of an event stream. */
export type EventItem = (FlowEvent & Origin) | (ExpectationEvent & Origin) | EventGap;

/** Events as bytes. The slab is the receiver's own: nothing writes to it again. */
export interface EventSlab {
  /** The messages as they were received. */
  readonly bytes: Uint8Array;
  /** A cursor before the first flow event; `event()` and `portid()` tell more of each. */
  cursor(): EntryCursor;
  /** The events of expectations among them, as objects. */
  expectations(): Generator<ExpectationEvent>;
  /** The namespace id of what begins at an offset in the bytes, such as a cursor's `from`; −1 for our own. */
  nsidAt(offset: number): number;
  /** Events were lost behind these. */
  readonly gap: EventGap | undefined;
}

/** What went through a stream. */
export interface EventCounters {
  /** Events received. */
  received: number;
  /** How often events were lost. */
  gaps: number;
  /** Events with attributes that this library does not know; they are in `flow.unknown`. */
  unknown: number;
  /** Bytes received and not yet iterated; what waits in the kernel comes on top. */
  waiting: number;
}

const FLOW_GROUPS: Readonly<Record<FlowEventType, number>> = {
  new: U.NFNLGRP_CONNTRACK_NEW,
  update: U.NFNLGRP_CONNTRACK_UPDATE,
  destroy: U.NFNLGRP_CONNTRACK_DESTROY,
};
const EXPECTATION_GROUPS: Readonly<Record<FlowEventType, number>> = {
  new: U.NFNLGRP_CONNTRACK_EXP_NEW,
  update: U.NFNLGRP_CONNTRACK_EXP_UPDATE,
  destroy: U.NFNLGRP_CONNTRACK_EXP_DESTROY,
};

/** A subscription. It is iterated once; leaving the loop ends it. */
export class EventStream implements AsyncIterable<EventItem> {
  /** The kernel's buffer: how many events it holds, in bytes, and whether it could be made larger than net.core.rmem_max. */
  readonly buffer: { readonly events: number; readonly bytes: number; readonly forced: boolean };
  readonly #stream: SlabStream;
  readonly #options: EventOptions;
  #received = 0;
  #gaps = 0;
  #unknown = 0;

  /** @internal Through `Conntrack.events`. */
  constructor(session: Session, options: EventOptions) {
    const {
      flows = EVENT_TYPES,
      expectations = [],
      buffer = 50_000,
      backlog = BACKLOG,
      allNamespaces = false,
      signal,
    } = options;
    signal?.throwIfAborted();
    this.#options = options;
    session.checkModule('events');
    const { addon } = session;
    const fd = session.socket('events');
    try {
      // The kernel doubles what it is given.
      const wanted = Math.min(options.bufferBytes ?? Math.ceil((buffer * BYTES_PER_EVENT) / 2), 0x3fffffff);
      const { bytes, forced } = sizeReceiveBuffer(addon, fd, wanted);
      this.buffer = { events: Math.floor(bytes / BYTES_PER_EVENT), bytes, forced };
      const set = (option: number, value: number): void =>
        void checked(setNetlinkOption(addon, fd, option, value), 'events');
      checked(bindSocket(addon, fd), 'events');
      if (allNamespaces) set(U.NETLINK_LISTEN_ALL_NSID, 1);
      for (const type of flows) set(U.NETLINK_ADD_MEMBERSHIP, FLOW_GROUPS[type]);
      for (const type of expectations) set(U.NETLINK_ADD_MEMBERSHIP, EXPECTATION_GROUPS[type]);
    } catch (error) {
      addon.close(fd);
      throw error;
    }
    this.#stream = new SlabStream(addon, fd, new Uint8Array(0), backlog, 'events');
    signal?.addEventListener('abort', this.#abort, { once: true });
  }

  readonly #abort = (): void => this.#stream.close();

  /** What went through so far. */
  get counters(): EventCounters {
    return { received: this.#received, gaps: this.#gaps, unknown: this.#unknown, waiting: this.#stream.waiting };
  }

  /** The events as bytes, for those who decode little of them. @throws NetlinkError when listening itself fails; the signal's reason */
  async *slabs(): AsyncGenerator<EventSlab> {
    const { signal } = this.#options;
    const unknownByKind = new UnknownByKind();
    try {
      for (;;) {
        const slab = await this.#stream.next();
        signal?.throwIfAborted();
        if (slab === undefined) return;
        if (slab.errno !== 0 && slab.errno !== ENOBUFS) throw kernelError('events', slab.errno);
        if (slab.errno !== 0) this.#gaps++;
        for (const _ of messages(slab.buffer, slab.length)) this.#received++;
        yield {
          bytes: slab.buffer.subarray(0, slab.length),
          cursor: () => new EntryCursor(slab.buffer, slab.length, true, unknownByKind),
          expectations: () => expectationEvents(slab),
          nsidAt: offset => nsidAt(slab, offset),
          gap: slab.errno === 0 ? undefined : { type: 'gap', error: kernelError('events', slab.errno) },
        };
      }
    } finally {
      this.close();
    }
  }

  /** The events as objects, and a `gap` where some were lost. */
  async *[Symbol.asyncIterator](): AsyncGenerator<EventItem> {
    for await (const { bytes, cursor: open, nsidAt, gap } of this.slabs()) {
      const cursor = open();
      for (const message of messages(bytes)) {
        const item = this.#item(bytes, message, cursor);
        if (item === undefined) continue;
        const nsid = nsidAt(message.start);
        yield nsid < 0 ? item : { ...item, nsid };
      }
      if (gap !== undefined) yield gap;
    }
  }

  #item(bytes: Uint8Array, message: Message, cursor: EntryCursor): FlowEvent | ExpectationEvent | undefined {
    const subsystem = message.type >> 8;
    if (subsystem === U.NFNL_SUBSYS_CTNETLINK_EXP) return expectationEventOf(bytes, message);
    // The cursor passes over everything else, and so stands on this very message.
    if (subsystem !== U.NFNL_SUBSYS_CTNETLINK || !cursor.next()) return undefined;
    const { match } = this.#options;
    if (match !== undefined && !match(cursor)) return undefined;
    const flow = cursor.flow();
    if (flow.unknown !== undefined) this.#unknown++;
    const type = EVENT_TYPES[cursor.event()]!;
    const time = cursor.eventTime();
    return time === undefined ? { type, flow } : { type, flow, time };
  }

  /** Ends the subscription; a loop under way ends too. Safe to call twice. */
  close(): void {
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#stream.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

/** The nsid of the datagram that an offset lies in. */
function nsidAt({ datagrams }: Slab, offset: number): number {
  let low = 0;
  let high = datagrams[0]! - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (datagrams[1 + 2 * middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return high < 0 ? -1 : datagrams[2 + 2 * low]!;
}

function* expectationEvents({ buffer, length }: Slab): Generator<ExpectationEvent> {
  for (const message of messages(buffer, length))
    if (message.type >> 8 === U.NFNL_SUBSYS_CTNETLINK_EXP) yield expectationEventOf(buffer, message);
}
