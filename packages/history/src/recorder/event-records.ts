import { type Flow, type FlowCursor, FlowObjectCursor } from '@conntrack/flow';
import { DESTINATION_NAT, isTranslated, SOURCE_NAT } from '@conntrack/flow/codec';
import { millisecondsOf } from '@conntrack/flow/text';
import type { EventBatch, EventCursor } from '@conntrack/table';
import { type Gap, type RecordBatch, type RecordCursor, ROW_KINDS } from '../record.js';

const [END, START, NAT, INTERIM] = ROW_KINDS.map((_, i) => i) as [number, number, number, number];
const DESTROY = 2;
const NEW = 0;

/** Which events become rows. */
export interface RecordedEvents {
  readonly nat: boolean;
  readonly starts: boolean;
}

/** Whether NAT changed a flow. */
const isMapped = (cursor: FlowCursor): boolean =>
  isTranslated(cursor, SOURCE_NAT) || isTranslated(cursor, DESTINATION_NAT);

/** A cursor over the events of a batch that become rows. All fields are read by the cursor of the events. */
class EventRecordCursor implements RecordCursor {
  readonly #events: EventCursor;
  readonly #recorded: RecordedEvents;
  readonly #arrived: number;
  #kind = END;

  constructor(events: EventCursor, recorded: RecordedEvents, arrived: number) {
    this.#events = events;
    this.#recorded = recorded;
    this.#arrived = arrived;
  }

  next(): boolean {
    const events = this.#events;
    const { nat, starts } = this.#recorded;
    while (events.next()) {
      const event = events.event();
      if (event === DESTROY) {
        this.#kind = END;
        return true;
      }
      if (event !== NEW || !(nat || starts)) continue;
      this.#kind = nat && isMapped(events) ? NAT : START;
      if (this.#kind === NAT || starts) return true;
    }
    return false;
  }

  kind(): number {
    return this.#kind;
  }
  time(): number {
    const events = this.#events;
    const told = this.#kind === END ? events.stop() : events.start();
    if (told >= 0) return told;
    const time = events.eventTime();
    return time === undefined ? this.#arrived : millisecondsOf(time);
  }
  flow(): Flow {
    return this.#events.flow();
  }

  family(): number {
    return this.#events.family();
  }
  protonum(): number {
    return this.#events.protonum();
  }
  word(...place: Parameters<FlowCursor['word']>): number {
    return this.#events.word(...place);
  }
  port(end: Parameters<FlowCursor['port']>[0]): number {
    return this.#events.port(end);
  }
  icmpType(direction: Parameters<FlowCursor['icmpType']>[0]): number {
    return this.#events.icmpType(direction);
  }
  icmpCode(direction: Parameters<FlowCursor['icmpCode']>[0]): number {
    return this.#events.icmpCode(direction);
  }
  icmpId(direction: Parameters<FlowCursor['icmpId']>[0]): number {
    return this.#events.icmpId(direction);
  }
  greKey(end: Parameters<FlowCursor['greKey']>[0]): number {
    return this.#events.greKey(end);
  }
  zone(): number {
    return this.#events.zone();
  }
  directionZone(direction: Parameters<FlowCursor['directionZone']>[0]): number {
    return this.#events.directionZone(direction);
  }
  state(): number {
    return this.#events.state();
  }
  status(): number {
    return this.#events.status();
  }
  timeout(): number {
    return this.#events.timeout();
  }
  mark(): number {
    return this.#events.mark();
  }
  secmark(): number {
    return this.#events.secmark();
  }
  use(): number {
    return this.#events.use();
  }
  id(): number {
    return this.#events.id();
  }
  packets(direction: Parameters<FlowCursor['packets']>[0]): number {
    return this.#events.packets(direction);
  }
  bytes(direction: Parameters<FlowCursor['bytes']>[0]): number {
    return this.#events.bytes(direction);
  }
  hasLabel(label: number | string): boolean {
    return this.#events.hasLabel(label);
  }
  labelCount(): number {
    return this.#events.labelCount();
  }
  helper(): string | undefined {
    return this.#events.helper();
  }
  secctx(): string | undefined {
    return this.#events.secctx();
  }
  start(): number {
    return this.#events.start();
  }
  stop(): number {
    return this.#events.stop();
  }
  vtag(direction: Parameters<FlowCursor['vtag']>[0]): number {
    return this.#events.vtag(direction);
  }
  role(): number {
    return this.#events.role();
  }
  portid(): number {
    return this.#events.portid();
  }
  event(): number {
    return this.#events.event();
  }
}

/** Makes rows of events. `arrived`: when they were read, in milliseconds since 1970. */
export function recordsOfEvents(
  batch: EventBatch,
  recorded: RecordedEvents,
  arrived: number,
  gaps: readonly Gap[],
): RecordBatch {
  const cursor = (): RecordCursor => new EventRecordCursor(batch.cursor(), recorded, arrived);
  let rows = 0;
  for (const counting = cursor(); counting.next(); ) rows++;
  return { rows, cursor, gaps };
}

/** A cursor over flows that still run. */
class RunningCursor extends FlowObjectCursor implements RecordCursor {
  readonly #flows: readonly Flow[];
  readonly #time: number;
  #at = 0;

  constructor(flows: readonly Flow[], time: number) {
    super();
    this.#flows = flows;
    this.#time = time;
  }
  next(): boolean {
    const flow = this.#flows[this.#at++];
    if (flow !== undefined) this.move(flow);
    return flow !== undefined;
  }
  kind(): number {
    return INTERIM;
  }
  time(): number {
    return this.#time;
  }
}

/** Makes rows of flows that still run, as they were at a time. */
export const recordsOfRunning = (flows: readonly Flow[], time: number): RecordBatch => ({
  rows: flows.length,
  cursor: () => new RunningCursor(flows, time),
  gaps: [],
});
