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

/** What becomes of an event: it is left out, told, or told as the end of a flow that no longer matches. */
export type EventOutcome = typeof OUT | typeof TOLD | typeof LEFT;
export const OUT = 0;
export const TOLD = 1;
export const LEFT = 2;

const UPDATE = 1;
const DESTROY = 2;

/** What a selection needs to know of its source. */
export interface SelectionOptions {
  /** Every event has its whole entry: nothing needs to be looked up. */
  readonly whole: boolean;
  /** All three when absent. */
  readonly types?: readonly FlowEventType[];
}

/**
 * A filter over events, applied to the whole entry. It remembers which flows match, where a flow can stop to match while it lives, so that a
 * reader that got a flow learns when it leaves, and when it ends, although a `destroy` carries little.
 *
 * For each event: {@link judge} it; where {@link needsEntry}, look the entry up and {@link judgeEntry}; then {@link decide}.
 */
export class EventSelection {
  /** The types that are told. */
  readonly types: readonly FlowEventType[];
  /** What is asked of flows: `members` are seeded with those that match it. */
  readonly flows: Filter;
  /**
   * Whether flows can start and stop to match, or events do not carry all that is asked: then `members` have to be seeded before the first event,
   * and after a loss, and what was decided cannot be found out later from the records.
   */
  readonly moves: boolean;
  /** The flows that match. */
  readonly members = new FlowSet();
  /** A bit for each type. */
  readonly #told: number;
  readonly #judge: EventJudge;
  readonly #matches: FlowPredicate;
  readonly #picks: FlowPredicate | undefined;

  constructor(filter: Filter, { whole, types = EVENT_TYPES }: SelectionOptions) {
    const plan = planEvents(filter, types);
    this.types = plan.types;
    this.flows = plan.flows;
    // What an end does not carry has to be known before.
    this.moves = plan.moves || !(whole || everyEventDecides(plan.flows));
    this.#told = plan.types.reduce((bits, type) => bits | (1 << EVENT_TYPES.indexOf(type)), 0);
    this.#matches = compileFilter(plan.flows);
    this.#judge = whole ? this.judgeEntry.bind(this) : compileForEvents(plan.flows);
    this.#picks = plan.event.kind === 'all' ? undefined : compileFilter(plan.event);
  }

  /** What the event alone says. */
  judge(cursor: FlowCursor): Verdict {
    return this.#judge(cursor);
  }

  /** What the whole entry says. */
  judgeEntry(cursor: FlowCursor): Verdict {
    return this.#matches(cursor) ? YES : NO;
  }

  /**
   * Whether the entry has to be looked up: the event cannot decide, or brings a flow into the selection and does not have all of it. After an end
   * there is nothing to look up.
   */
  needsEntry(kind: number, verdict: Verdict, cursor: FlowCursor): boolean {
    if (kind === DESTROY) return false;
    return verdict === UNKNOWN || (this.moves && kind === UPDATE && verdict === YES && !this.members.has(cursor));
  }

  /**
   * What becomes of the event. An end is told if the flow was a member, or what the event carries matches. Where the verdict is still
   * unknown, the flow has ended meanwhile: its end decides.
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

/** What identifies a flow, and nothing else of it: all that may be said of a flow that no longer matches. */
export const identityOf = ({ id, key, family, protocol, protonum, original, reply, zone }: Flow): Flow => ({
  ...(id !== undefined && { id }),
  ...(key !== undefined && { key }),
  family,
  protocol,
  protonum,
  original: ends(original),
  reply: ends(reply),
  ...(zone !== undefined && { zone }),
});
