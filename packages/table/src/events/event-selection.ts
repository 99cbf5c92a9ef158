import type { Filter } from '@conntrack/filter';
import { compileFilter, type FlowPredicate } from '@conntrack/filter/compile';
import {
  compileForEvents,
  type EventJudge,
  everyEventDecides,
  NO,
  planEvents,
  UNKNOWN,
  type Verdict,
  YES,
} from '@conntrack/filter/events';
import { EVENT_TYPES, type Flow, type FlowCursor, type FlowEventType, type FlowTuple } from '@conntrack/flow';
import { FlowSet } from './flow-set.js';

/** What happens to an event: it is left out, passed on, or passed on as the end of a flow that no longer matches. */
export type EventOutcome = typeof OUT | typeof TOLD | typeof LEFT;
/** The event is left out. */
export const OUT = 0;
/** The event is passed on. */
export const TOLD = 1;
/** The flow no longer matches: the event is passed on as its end. */
export const LEFT = 2;

const UPDATE = 1;
const DESTROY = 2;

/** What a selection needs to know about its source. */
export interface SelectionOptions {
  /** Every event carries its whole entry, so no entry must be looked up. */
  readonly whole: boolean;
  /** Event types. Default: all three. */
  readonly types?: readonly FlowEventType[];
}

/**
 * A filter for events that is applied to the whole entry.
 *
 * If flows can stop matching during their lifetime, it remembers which flows match. So a reader that received a flow learns when it leaves
 * and when it ends, although a `destroy` carries little.
 *
 * For each event: {@link judge} it. If {@link needsEntry}, look the entry up and {@link judgeEntry}. Then {@link decide}.
 */
export class EventSelection {
  /** The event types that are passed on. */
  readonly types: readonly FlowEventType[];
  /** The tests of flows. `members` is filled with the flows that match them. */
  readonly flows: Filter;
  /**
   * Whether flows can start and stop matching, or events do not carry all fields that the filter needs. Then `members` must be filled
   * before the first event and after a gap, and past decisions cannot be repeated from the records.
   */
  readonly moves: boolean;
  /** The flows that match. */
  readonly members = new FlowSet();
  /** One bit for each event type that is passed on. */
  readonly #told: number;
  readonly #judge: EventJudge;
  readonly #matches: FlowPredicate;
  readonly #picks: FlowPredicate | undefined;

  constructor(filter: Filter, { whole, types = EVENT_TYPES }: SelectionOptions) {
    const plan = planEvents(filter, types);
    this.types = plan.types;
    this.flows = plan.flows;
    // What a `destroy` does not carry must be known before.
    this.moves = plan.moves || !(whole || everyEventDecides(plan.flows));
    this.#told = plan.types.reduce((bits, type) => bits | (1 << EVENT_TYPES.indexOf(type)), 0);
    this.#matches = compileFilter(plan.flows);
    this.#judge = whole ? this.judgeEntry.bind(this) : compileForEvents(plan.flows);
    this.#picks = plan.event.kind === 'all' ? undefined : compileFilter(plan.event);
  }

  /** Judges an event by what it carries. */
  judge(cursor: FlowCursor): Verdict {
    return this.#judge(cursor);
  }

  /** Judges an event by its whole entry. */
  judgeEntry(cursor: FlowCursor): Verdict {
    return this.#matches(cursor) ? YES : NO;
  }

  /**
   * Whether the entry must be looked up: the event cannot decide, or it adds a flow to the selection and does not carry all of it. After an
   * end there is nothing to look up.
   */
  needsEntry(kind: number, verdict: Verdict, cursor: FlowCursor): boolean {
    if (kind === DESTROY) return false;
    return verdict === UNKNOWN || (this.moves && kind === UPDATE && verdict === YES && !this.members.has(cursor));
  }

  /**
   * Decides what happens to the event. An end is passed on if the flow was a member or if what the event carries matches. If the verdict is
   * still unknown, the flow has ended in the meantime: its end decides.
   */
  decide(kind: number, verdict: Verdict, cursor: FlowCursor): EventOutcome {
    const outcome = this.moves ? this.#follow(kind, verdict, cursor) : verdict === YES ? TOLD : OUT;
    if (outcome === OUT) return OUT;
    const picks = this.#picks;
    if (outcome === LEFT) return picks === undefined && this.#tells(DESTROY) ? LEFT : OUT;
    return this.#tells(kind) && (picks === undefined || picks(cursor)) ? TOLD : OUT;
  }

  #tells(kind: number): boolean {
    return ((this.#told >> kind) & 1) === 1;
  }

  #follow(kind: number, verdict: Verdict, cursor: FlowCursor): EventOutcome {
    const { members } = this;
    if (kind === DESTROY) return members.delete(cursor) || verdict === YES ? TOLD : OUT;
    if (verdict === UNKNOWN) return OUT;
    if (verdict === NO) return members.delete(cursor) ? LEFT : OUT;
    members.add(cursor);
    return TOLD;
  }
}

const ends = ({ packets: _, bytes: __, ...tuple }: FlowTuple): FlowTuple => tuple;

/** Returns only what identifies a flow. Nothing else may be shown of a flow that no longer matches. */
export const identityOf = ({ id, key, node, family, protocol, protonum, original, reply, zone }: Flow): Flow => ({
  ...(id !== undefined && { id }),
  ...(key !== undefined && { key }),
  ...(node !== undefined && { node }),
  family,
  protocol,
  protonum,
  original: ends(original),
  reply: ends(reply),
  ...(zone !== undefined && { zone }),
});
