import { EVENT_TYPES, type Flow, type FlowCursor, type FlowEventType, FlowObjectCursor } from '@conntrack/flow';
import { formatPosition } from './position.js';
import { type EventFormat, sseHead } from './records.js';
import type { Segment } from './segment.js';

/** Which records in which format: what subscribers can have in common. */
export interface ChannelOptions {
  readonly format: EventFormat;
  readonly types: readonly FlowEventType[];
  /** The filter: its canonical text tells filters apart. */
  readonly filter?: { readonly text: string; readonly match: (cursor: FlowCursor) => boolean };
}

/** What tells channels apart. */
export const channelName = ({ format, types, filter }: ChannelOptions): string =>
  `${format} ${EVENT_TYPES.filter(type => types.includes(type)).join()} ${filter?.text ?? ''}`;

const NOTHING = Buffer.alloc(0);

/** Records as all subscribers of one kind get them: chosen and written once for all. */
export class Channel {
  /** How many subscribers it has. */
  subscribers = 0;
  readonly #epoch: string;
  readonly #format: EventFormat;
  /** A bit for each position in EVENT_TYPES. */
  readonly #types: number;
  readonly #match: ((cursor: FlowCursor) => boolean) | undefined;
  /** Records that match in the segment that is being written. */
  #hits: number[] = [];
  /** The newest segment, and what was written of it. */
  #live: Segment | undefined;
  #liveHits: readonly number[] = [];
  #written: (Buffer | undefined)[] = [];

  constructor(epoch: string, { format, types, filter }: ChannelOptions) {
    this.#epoch = epoch;
    this.#format = format;
    this.#types = types.reduce((bits, type) => bits | (1 << EVENT_TYPES.indexOf(type)), 0);
    this.#match = filter?.match;
  }

  /** Looks at an event before its object or text is there. */
  look(kind: number, cursor: FlowCursor, index: number): void {
    if (this.#match !== undefined && (this.#types >> kind) & 1 && this.#match(cursor)) this.#hits.push(index);
  }

  /** What was looked at is this segment now. */
  turn(segment: Segment): void {
    this.#live = segment;
    this.#liveHits = this.#hits;
    this.#hits = [];
    this.#written = [];
  }

  /**
   * The records of a segment from one on, in this channel's format; empty when none is for it. Under a snapshot (`syncing`) Server-Sent Events
   * have no id: a browser that reconnects then begins anew.
   */
  bytes(segment: Segment, from: number, syncing: boolean): Buffer {
    if (segment !== this.#live || from > 0) return this.#write(segment, from, syncing);
    const written = this.#written[syncing ? 1 : 0] ?? this.#write(segment, 0, syncing);
    this.#written[syncing ? 1 : 0] = written;
    return written;
  }

  #write(segment: Segment, from: number, syncing: boolean): Buffer {
    const picks = this.#picks(segment, from);
    if (this.#format === 'ndjson' && picks.length === segment.count - from)
      return segment.bytes.subarray(segment.start(from));
    if (picks.length === 0) return NOTHING;
    const heads =
      this.#format === 'ndjson'
        ? undefined
        : picks.map(index =>
            sseHead(
              EVENT_TYPES[segment.kinds[index]!]!,
              syncing ? undefined : formatPosition(this.#epoch, segment.first + index),
            ),
          );
    const size = picks.reduce(
      (sum, index, i) => sum + segment.ends[index]! - segment.start(index) + (heads ? heads[i]!.length + 1 : 0),
      0,
    );
    const bytes = Buffer.allocUnsafeSlow(size);
    let at = 0;
    for (let i = 0; i < picks.length; i++) {
      const index = picks[i]!;
      if (heads !== undefined) at += bytes.write(heads[i]!, at, 'latin1');
      at += segment.bytes.copy(bytes, at, segment.start(index), segment.ends[index]!);
      if (heads !== undefined) bytes[at++] = 10;
    }
    return bytes;
  }

  #picks(segment: Segment, from: number): number[] {
    if (this.#match !== undefined && segment === this.#live) return this.#liveHits.filter(index => index >= from);
    const picks: number[] = [];
    const match = this.#match;
    const cursor = new FlowObjectCursor();
    for (let index = from; index < segment.count; index++) {
      const kind = segment.kinds[index]!;
      if (((this.#types >> kind) & 1) === 0) continue;
      if (match !== undefined) {
        // Who comes late reads what was written: the ring keeps no objects.
        const line = segment.bytes.toString('utf8', segment.start(index), segment.ends[index]!);
        const { flow } = JSON.parse(line) as { flow: Flow };
        if (!match(cursor.move(flow, EVENT_TYPES[kind]))) continue;
      }
      picks.push(index);
    }
    return picks;
  }
}
