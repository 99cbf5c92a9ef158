import type { FlowRecord } from '@conntrack/client/protocol';
import { formatPosition } from '@conntrack/client/protocol';
import { ALL } from '@conntrack/filter';
import { EVENT_TYPES, type Flow, type FlowEventType, FlowObjectCursor } from '@conntrack/flow';
import { printableJson } from '@conntrack/flow/text';
import { identityOf, LEFT, TOLD } from '@conntrack/table';
import { type EventFormat, sseHead } from './records.js';
import type { Segment } from './segment.js';
import { type Selection, selectionName, type Where } from './selection.js';

/** What subscribers of a channel have in common: record types, filter and format. */
export interface ChannelOptions {
  readonly format: EventFormat;
  readonly types: readonly FlowEventType[];
  readonly where?: Where;
}

/** The key under which a channel is stored. */
export const channelName = ({ format, types, where }: ChannelOptions): string =>
  `${format} ${selectionName(types, where ?? { text: '', filter: ALL })}`;

const NOTHING = Buffer.alloc(0);
const NEWLINE = Buffer.from('\n');

/** The records for all subscribers that use the same filter and format: selected and written once. */
export class Channel {
  /** Number of subscribers. */
  subscribers = 0;
  readonly #epoch: string;
  readonly #format: EventFormat;
  /** One bit for each position in EVENT_TYPES. */
  readonly #types: number;
  /** The filter's selection. Without one, only the record types count. */
  readonly selection: Selection | undefined;
  /** The newest segment, and its records as they were written. */
  #live: Segment | undefined;
  #written: (Buffer | undefined)[] = [];

  constructor(epoch: string, { format, types }: ChannelOptions, selection: Selection | undefined) {
    this.#epoch = epoch;
    this.#format = format;
    this.#types = types.reduce((bits, type) => bits | (1 << EVENT_TYPES.indexOf(type)), 0);
    this.selection = selection;
  }

  /** Makes a segment the newest one. */
  turn(segment: Segment): void {
    this.#live = segment;
    this.#written = [];
  }

  /**
   * The records of a segment, from index `from`, in this channel's format. Empty when none match. During a snapshot
   * (`syncing`) Server-Sent Events have no id, so a browser that reconnects starts over.
   */
  bytes(segment: Segment, from: number, syncing: boolean): Buffer {
    if (segment !== this.#live || from > 0) return this.#write(segment, from, syncing);
    const written = this.#written[syncing ? 1 : 0] ?? this.#write(segment, 0, syncing);
    this.#written[syncing ? 1 : 0] = written;
    return written;
  }

  #write(segment: Segment, from: number, syncing: boolean): Buffer {
    const picks = this.#picks(segment, from);
    if (picks.length === 0) return NOTHING;
    if (this.#format === 'ndjson' && picks.length === segment.count - from && picks.every(pick => (pick & 3) === TOLD))
      return segment.bytes.subarray(segment.start(from));
    const parts: Buffer[] = [];
    for (const pick of picks) {
      const index = pick >> 2;
      const left = (pick & 3) === LEFT;
      if (this.#format === 'sse') {
        const position = syncing ? undefined : formatPosition(this.#epoch, segment.first + index);
        parts.push(Buffer.from(sseHead(left ? 'destroy' : EVENT_TYPES[segment.kinds[index]!]!, position), 'latin1'));
      }
      parts.push(
        left ? leftLine(segment.text(index)) : segment.bytes.subarray(segment.start(index), segment.ends[index]!),
      );
      if (this.#format === 'sse') parts.push(NEWLINE);
    }
    return Buffer.concat(parts);
  }

  /** The records of a segment that this channel sends, from index `from`: each as index × 4 + outcome. */
  #picks(segment: Segment, from: number): readonly number[] {
    const { selection } = this;
    const hits = selection?.hits(segment);
    if (hits !== undefined) return Array.from(from === 0 ? hits : hits.filter(pick => pick >> 2 >= from));
    const picks: number[] = [];
    const cursor = new FlowObjectCursor();
    for (let index = from; index < segment.count; index++) {
      const kind = segment.kinds[index]!;
      if (((this.#types >> kind) & 1) === 0) continue;
      if (selection !== undefined) {
        // A late subscriber reads from the written lines, because the ring keeps no objects. This happens only for
        // filters that every event can decide alone.
        const { flow } = JSON.parse(segment.text(index)) as { flow: Flow };
        const { rule } = selection;
        if (rule.decide(kind, rule.judge(cursor.move(flow, EVENT_TYPES[kind])), cursor) !== TOLD) continue;
      }
      picks.push(index * 4 + TOLD);
    }
    return picks;
  }
}

/** The record for subscribers whose filter the flow no longer matches. */
function leftLine(line: string): Buffer {
  const { position, time, flow } = JSON.parse(line) as FlowRecord;
  const record: FlowRecord = {
    type: 'destroy',
    reason: 'unmatched',
    position,
    ...(time !== undefined && { time }),
    flow: identityOf(flow),
  };
  return Buffer.from(`${printableJson(record)}\n`);
}
