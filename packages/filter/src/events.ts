import {
  checkKeys,
  EVENT_TYPES,
  type Flow,
  type FlowCursor,
  type FlowEventType,
  FlowObjectCursor,
} from '@conntrack/flow';
import { allOf, type Filter, fieldsOf, normalize, numbersOf, type Test, testsOf } from './ast.js';
import { READERS } from './compile/readers.js';
import { type CompileOptions, compileFilter } from './compile.js';
import { FIELD_EVENTS } from './field-events.js';
import { type FieldName, fieldOf } from './fields.js';
import { type FilterIssue, snippetOf } from './issue.js';
import { COMPILE } from './options.js';
import { printSpans } from './print.js';

export { FIELD_EVENTS, type FieldEvents } from './field-events.js';

/** What an event says of a filter: the flow does not pass, passes, or only the whole entry can tell. */
export type Verdict = typeof NO | typeof YES | typeof UNKNOWN;
export const NO = 0;
export const YES = 1;
export const UNKNOWN = 2;

/** Judges the event that a cursor stands on. */
export type EventJudge = (cursor: FlowCursor) => Verdict;

/** The first letters of EVENT_TYPES. */
const LETTERS = 'nud';
const carriedBy = (field: FieldName): string => FIELD_EVENTS[field]?.carried ?? LETTERS;

/** Whether the event has a value for the field. Fields that are never asked have no reader. */
function present(field: FieldName): (cursor: FlowCursor) => boolean {
  switch (field) {
    case 'label':
      return cursor => cursor.labelCount() >= 0;
    case 'helper':
      return cursor => cursor.helper() !== undefined;
    case 'secctx':
      return cursor => cursor.secctx() !== undefined;
    default: {
      const readers = READERS[field === 'age' ? 'start' : field] ?? [];
      return cursor => readers.some(read => read(cursor) >= 0);
    }
  }
}

/** What an event means that leaves out what is 0. */
const ZERO: FlowCursor = new FlowObjectCursor({ mark: 0 } as Flow);

/** Whether every event carries all that the filter asks for. */
export const everyEventDecides = (filter: Filter): boolean =>
  [...fieldsOf(filter)].every(field => carriedBy(field) === LETTERS);

/** Judges one test. */
function judgeTest(test: Test, options: CompileOptions): EventJudge {
  const holds = compileFilter(test, options);
  const carried = carriedBy(test.field);
  const there = present(test.field);
  if (FIELD_EVENTS[test.field]?.zero) {
    const atZero = holds(ZERO) ? YES : NO;
    return cursor => (there(cursor) ? (holds(cursor) ? YES : NO) : atZero);
  }
  const judge: EventJudge = cursor => (holds(cursor) ? YES : NO);
  if (carried === LETTERS) return judge;
  const { protocols } = fieldOf(test.field);
  return cursor =>
    carried.includes(LETTERS[cursor.event()] ?? '-') ||
    (protocols !== undefined && !protocols.includes(cursor.protonum())) ||
    there(cursor)
      ? judge(cursor)
      : UNKNOWN;
}

/**
 * Makes a judge of a filter over the kernel's events. An event carries only part of its entry ({@link FIELD_EVENTS}): a test over a field that is
 * missing from it is UNKNOWN, and so is the filter, unless its other tests decide.
 */
export function compileForEvents(filter: Filter, options: CompileOptions = {}): EventJudge {
  checkKeys('compileForEvents', options, COMPILE);
  switch (filter.kind) {
    case 'not': {
      const judge = compileForEvents(filter.term, options);
      return cursor => {
        const verdict = judge(cursor);
        return verdict === UNKNOWN ? UNKNOWN : verdict === YES ? NO : YES;
      };
    }
    case 'and':
    case 'or': {
      const decisive = filter.kind === 'or' ? YES : NO;
      const judges = filter.terms.map(term => compileForEvents(term, options));
      return cursor => {
        let joined: Verdict = decisive === YES ? NO : YES;
        for (const judge of judges) {
          const verdict = judge(cursor);
          if (verdict === decisive) return decisive;
          if (verdict === UNKNOWN) joined = UNKNOWN;
        }
        return joined;
      };
    }
    case 'test':
      return judgeTest(filter, options);
    default:
      return () => YES;
  }
}

/** A filter as a stream of events uses it. */
export interface EventPlan {
  /** The types that can come: those asked for, and by the filter's own `event=`. */
  readonly types: readonly FlowEventType[];
  /** What is asked of the flow. A flow that stops to match leaves the stream. */
  readonly flows: Filter;
  /** What is asked of the event itself (`event`, `portid`, and the final counters in `destroy`). It picks events, not flows. */
  readonly event: Filter;
  /** Whether a flow can start and stop to match while it lives: then those that match must be remembered. */
  readonly moves: boolean;
}

const isSilent = (test: Test): boolean =>
  FIELD_EVENTS[test.field]?.moves === 'silent' ||
  (test.field === 'status' && numbersOf(test.values).some(bit => (bit & fieldOf('offload').status!.mask) !== 0));
const isOfEvent = (test: Test): boolean => fieldOf(test.field).requires === 'events';
const endsCarry = (test: Test): boolean => carriedBy(test.field).includes('d');

const termsOf = (filter: Filter): readonly Filter[] =>
  filter.kind === 'and' ? filter.terms : filter.kind === 'all' ? [] : [filter];

/** The types that a term of the filter lets through, where it is about nothing else. */
function typesOf(term: Filter): readonly FlowEventType[] {
  if (term.kind !== 'test' || term.field !== 'event' || term.op !== 'eq') return EVENT_TYPES;
  const numbers = numbersOf(term.values);
  return EVENT_TYPES.filter((_, number) => numbers.includes(number));
}

/** Parts a filter into what it asks of flows and what it asks of events. */
export function planEvents(filter: Filter, asked: readonly FlowEventType[] = EVENT_TYPES): EventPlan {
  const terms = termsOf(normalize(filter));
  const types = asked.filter(type => terms.every(term => typesOf(term).includes(type)));
  const isEvent = (term: Filter): boolean => [...testsOf(term)].some(test => isOfEvent(test) || isSilent(test));
  const flows = allOf(terms.filter(term => !isEvent(term)));
  return {
    types,
    flows,
    event: allOf(terms.filter(isEvent)),
    moves: [...fieldsOf(flows)].some(field => FIELD_EVENTS[field]?.moves !== undefined),
  };
}

const SILENT =
  'changes without an event, so a stream cannot tell when a flow starts or stops to match. List the flows instead';
const ENDS = '; or watch types=destroy alone, which carries the final value';
const MIXED =
  "is not in destroy events, and stands in one 'or' with what is asked of the event itself. Join them with 'and', or leave destroy out";

/** The tests of a filter that no stream of these types can keep its word on, each with the reason. Places are those of the canonical expression. */
export function unfitForEvents(filter: Filter, asked: readonly FlowEventType[] = EVENT_TYPES): FilterIssue[] {
  const { text, spans } = printSpans(filter);
  const { types, event } = planEvents(filter, asked);
  const onlyEnds = types.every(type => type === 'destroy');
  const mixed = new Set<Test>();
  if (types.includes('destroy'))
    for (const term of termsOf(event))
      for (const test of testsOf(term)) if (!endsCarry(test) && !isSilent(test)) mixed.add(test);
  return [...spans].flatMap(([test, [start, end]]): FilterIssue[] => {
    const silent = isSilent(test) && !(onlyEnds && endsCarry(test));
    if (!silent && !mixed.has(test)) return [];
    const message = `${test.field} ${silent ? SILENT + (endsCarry(test) ? ENDS : '') : MIXED}`;
    const length = end - start;
    return [{ code: 'unavailable', message, offset: start, length, snippet: snippetOf(text, start, length, message) }];
  });
}
