import type { FlowRecord } from '@conntrack/client/protocol';
import { formatPosition } from '@conntrack/client/protocol';
import { ALL } from '@conntrack/filter';
import { EVENT_TYPES, type Flow, type FlowEventType, FlowObjectCursor } from '@conntrack/flow';
import { printableJson } from '@conntrack/flow/text';
import { identityOf, LEFT, TOLD } from '@conntrack/table';
import { type EventFormat, sseHead } from './records.js';
import type { Segment } from './segment.js';
import { type Selection, selectionName, type Where } from './selection.js';

/** Which records in which format: what subscribers can have in common. */
export interface ChannelOptions {
  readonly format: EventFormat;
  readonly types: readonly FlowEventType[];
  readonly where?: Where;
}

/** What tells channels apart. */
export const channelName = ({ format, types, where }: ChannelOptions): string =>
  `${format} ${selectionName(types, where ?? { text: '', filter: ALL })}`;

const NOTHING = Buffer.alloc(0);
const NEWLINE = Buffer.from('\n');

/** Records as all subscribers of one kind get them: chosen and written once for all. */
export class Channel {
  /** How many subscribers it has. */
  subscribers = 0;
  readonly #epoch: string;
  readonly #format: EventFormat;
  /** A bit for each position in EVENT_TYPES. */
  readonly #types: number;
  /** What decides for this channel; without one, the types do. */
  readonly selection: Selection | undefined;
  /** The newest segment, and what was written of it. */
  #live: Segment | undefined;
  #written: (Buffer | undefined)[] = [];

  constructor(epoch: string, { format, types }: ChannelOptions, selection: Selection | undefined) {
    this.#epoch = epoch;
    this.#format = format;
    this.#types = types.reduce((bits, type) => bits | (1 << EVENT_TYPES.indexOf(type)), 0);
    this.selection = selection;
  }

  /** This segment is the newest now. */
  turn(segment: Segment): void {
    this.#live = segment;
    this.#written = [];
  }

  /**
   * The records of a segment from one on, in this channel's format; empty when none is for it. Under a snapshot (`syncing`) Server-Sent Events
   * have no id: a browser that reconnects then begins again.
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

  /** What is told of a segment from a record on: index × 4 + outcome. */
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
        // Who comes late reads what was written: the ring keeps no objects. Only selections that every event decides come here.
        const { flow } = JSON.parse(segment.text(index)) as { flow: Flow };
        const { rule } = selection;
        if (rule.decide(kind, rule.judge(cursor.move(flow, EVENT_TYPES[kind])), cursor) !== TOLD) continue;
      }
      picks.push(index * 4 + TOLD);
    }
    return picks;
  }
}

/** The record of an event as those get it whom the flow leaves. */
function leftLine(line: string): Buffer {
  const { position, time, flow } = JSON.parse(line) as FlowRecord;
  const record: FlowRecord = {
    type: 'destroy',
    reason: 'left',
    position,
    ...(time !== undefined && { time }),
    flow: identityOf(flow),
  };
  return Buffer.from(`${printableJson(record)}\n`);
}
