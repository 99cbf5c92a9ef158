import { EVENT_TYPES, type ExpectationEvent, type FlowEvent, type FlowEventType } from '@conntrack/flow';
import { EntryCursor } from '../entry/cursor.js';
import { UnknownByKind } from '../entry/unknown.js';
import { expectationEventOf } from '../expectation/decode.js';
import type { Session } from '../socket/session.js';
import { type Slab, SlabStream } from '../socket/slab-stream.js';
import { bindSocket, setNetlinkOption, sizeReceiveBuffer } from '../socket/socket.js';
import { checked, kernelError, type NetlinkError, notEncodable } from '../wire/error.js';
import { type Message, messages } from '../wire/message.js';
import * as U from '../wire/uapi.js';
import type { EventOptions } from './options.js';
import { MAX_DYING, ReliableEnds } from './reliable-ends.js';

/**
 * Bytes of a socket buffer that one unread event takes up: its message is in a page-sized block, and the kernel counts the block. Measured
 * on Linux 6.18. The doubling of SO_RCVBUF is included in the sizes that getsockopt(2) returns.
 */
const BYTES_PER_EVENT = 1280;
const ENOBUFS = 105;
/** Room for about 500,000 events. */
const BACKLOG = 128 * 2 ** 20;

/** A gap: some events were lost because the kernel's buffer was full. The kernel does not say how many. */
export interface EventGap {
  type: 'gap';
  error: NetlinkError;
}

/** The id that the listener's namespace has for the namespace of the event; absent for its own. */
interface Origin {
  nsid?: number;
}

/** One item of an event stream. */
export type EventItem = (FlowEvent & Origin) | (ExpectationEvent & Origin) | EventGap;

/** Events as bytes. The slab belongs to the receiver: nothing writes to it again. */
export interface EventSlab {
  /** The messages as they were received. */
  readonly bytes: Uint8Array;
  /** Returns a cursor before the first flow event. Its `event()` and `portid()` describe each event. */
  cursor(): EntryCursor;
  /** Yields the expectation events of the slab, as objects. */
  expectations(): Generator<ExpectationEvent>;
  /** Returns the namespace id of the message at an offset of the bytes, such as a cursor's `from`; −1 for the own namespace. */
  nsidAt(offset: number): number;
  /** Present if events were lost after these. */
  readonly gap: EventGap | undefined;
}

/** Counters of an event stream. */
export interface EventCounters {
  /** Number of events received. */
  received: number;
  /** Number of gaps. */
  gaps: number;
  /** Number of events with attributes unknown to this library; they are in `flow.unknown`. */
  unknown: number;
  /** Bytes received and not yet iterated. Events that wait in the kernel are not included. */
  waiting: number;
  /** With `reliable`: number of ended entries that waited for listeners at the last look, at most one second ago. */
  dying?: number;
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

/** A subscription to events. It can be iterated once; leaving the loop ends it. */
export class EventStream implements AsyncIterable<EventItem> {
  /** The kernel's buffer: how many events it holds, its size in bytes, and whether it could be made larger than the sysctl net.core.rmem_max. */
  readonly buffer: { readonly events: number; readonly bytes: number; readonly forced: boolean };
  readonly #stream: SlabStream;
  readonly #options: EventOptions;
  #received = 0;
  #gaps = 0;
  #unknown = 0;
  #reliableEnds: ReliableEnds | undefined;
  /** Why this stream gave up reliable ends. */
  #gaveUp: NetlinkError | undefined;

  /** @internal Use `Conntrack.events`. */
  constructor(session: Session, options: EventOptions) {
    const {
      flows = EVENT_TYPES,
      expectations = [],
      buffer = 50_000,
      backlog = BACKLOG,
      allNamespaces = false,
      reliable = false,
      maxDying = MAX_DYING,
      signal,
    } = options;
    signal?.throwIfAborted();
    if (reliable && allNamespaces)
      throw notEncodable('events')('`reliable` watches the own namespace only: remove `allNamespaces`');
    this.#options = options;
    // New entries and changes are never sent again: their loss must be reported.
    const onlyEnds = expectations.length === 0 && flows.every(type => type === 'destroy');
    session.checkModule('events');
    const { addon } = session;
    const fd = session.socket('events');
    try {
      // The kernel doubles the number.
      const wanted = Math.min(options.bufferBytes ?? Math.ceil((buffer * BYTES_PER_EVENT) / 2), 0x3fffffff);
      const { bytes, forced } = sizeReceiveBuffer(addon, fd, wanted);
      this.buffer = { events: Math.floor(bytes / BYTES_PER_EVENT), bytes, forced };
      const set = (option: number, value: number): void =>
        void checked(setNetlinkOption(addon, fd, option, value), 'events');
      checked(bindSocket(addon, fd), 'events');
      if (reliable) set(U.NETLINK_BROADCAST_ERROR, 1);
      if (reliable && onlyEnds) set(U.NETLINK_NO_ENOBUFS, 1);
      if (allNamespaces) set(U.NETLINK_LISTEN_ALL_NSID, 1);
      for (const type of flows) set(U.NETLINK_ADD_MEMBERSHIP, FLOW_GROUPS[type]);
      for (const type of expectations) set(U.NETLINK_ADD_MEMBERSHIP, EXPECTATION_GROUPS[type]);
    } catch (error) {
      addon.close(fd);
      throw error;
    }
    this.#stream = new SlabStream(addon, fd, new Uint8Array(0), backlog, 'events');
    if (reliable) this.#reliableEnds = new ReliableEnds(session, maxDying, error => this.#giveUp(error));
    signal?.addEventListener('abort', this.#abort, { once: true });
  }

  #giveUp(error: NetlinkError): void {
    this.#gaveUp = error;
    this.#stream.setOption(U.NETLINK_BROADCAST_ERROR, 0);
    this.#stream.setOption(U.NETLINK_NO_ENOBUFS, 0);
    this.#stream.interrupt();
  }

  readonly #abort = (): void => {
    this.#reliableEnds?.close();
    this.#stream.close();
  };

  /** The counters so far. */
  get counters(): EventCounters {
    const { dying } = this.#reliableEnds ?? {};
    return {
      received: this.#received,
      gaps: this.#gaps,
      unknown: this.#unknown,
      waiting: this.#stream.waiting,
      ...(dying !== undefined && { dying }),
    };
  }

  /** Whether events wait in the kernel's buffer, or were received and not iterated yet. */
  get hasUnread(): boolean {
    return this.#stream.hasUnread;
  }

  /** Yields the events as bytes, for programs that decode little of them. @throws NetlinkError if listening fails; the signal's reason */
  async *slabs(): AsyncGenerator<EventSlab> {
    const { signal } = this.#options;
    const unknownByKind = new UnknownByKind();
    try {
      for (;;) {
        const slab = await this.#stream.next();
        signal?.throwIfAborted();
        if (slab === undefined) return;
        if (slab.errno !== 0 && slab.errno !== ENOBUFS) throw kernelError('events', slab.errno);
        // An empty slab without an error is the interruption of `#giveUp`.
        const error =
          slab.errno !== 0 ? kernelError('events', slab.errno) : slab.length === 0 ? this.#gaveUp : undefined;
        if (error !== undefined) this.#gaps++;
        for (const _ of messages(slab.buffer, slab.length)) this.#received++;
        yield {
          bytes: slab.buffer.subarray(0, slab.length),
          cursor: () => new EntryCursor(slab.buffer, slab.length, true, unknownByKind),
          expectations: () => expectationEvents(slab),
          nsidAt: offset => nsidAt(slab, offset),
          gap: error && { type: 'gap', error },
        };
      }
    } finally {
      this.close();
    }
  }

  /** Yields the events as objects, and a `gap` where some were lost. */
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
    // The cursor skips other messages, and so stands on this one now.
    if (subsystem !== U.NFNL_SUBSYS_CTNETLINK || !cursor.next()) return undefined;
    const { match } = this.#options;
    if (match !== undefined && !match(cursor)) return undefined;
    const flow = cursor.flow();
    if (flow.unknown !== undefined) this.#unknown++;
    const type = EVENT_TYPES[cursor.event()]!;
    const time = cursor.eventTime();
    return time === undefined ? { type, flow } : { type, flow, time };
  }

  /** Ends the subscription and a running loop. Can be called twice. */
  close(): void {
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#reliableEnds?.close();
    this.#stream.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

/** Returns the namespace id of the datagram that contains an offset. */
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
