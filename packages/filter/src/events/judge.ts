import { EVENT_TYPES, type Flow, type FlowCursor, type FlowEventType, FlowObjectCursor } from '@conntrack/flow';
import { checkKeys } from '@conntrack/flow/checks';
import { COMPILE, type CompileOptions, compileFilter } from '../compile/compile-filter.js';
import { type Filter, fieldsOf, type Test } from '../language/ast.js';
import { type FieldName, fieldOf } from '../language/field-table.js';

/** What an event says about a filter: the flow does not match, it matches, or the whole entry is needed to decide. */
export type Verdict = typeof NO | typeof YES | typeof UNKNOWN;
/** The flow of the event does not match the filter. */
export const NO = 0;
/** The flow of the event matches the filter. */
export const YES = 1;
/** The event does not carry enough to decide: the whole entry is needed. */
export const UNKNOWN = 2;

/** Judges the event that a cursor stands on. */
export type EventJudge = (cursor: FlowCursor) => Verdict;

/** The events that always carry a field if the entry has it. */
export const carriedBy = (field: FieldName): readonly FlowEventType[] => fieldOf(field).events?.carried ?? EVENT_TYPES;
const isAlwaysCarried = (field: FieldName): boolean => carriedBy(field).length === EVENT_TYPES.length;

/** Makes the test whether an event has a value for the field. It is never called for a field without a reader. */
function present(field: FieldName): (cursor: FlowCursor) => boolean {
  if (field === 'label') return cursor => cursor.labelCount() >= 0;
  const { text, numbers = [] } = fieldOf(field === 'age' ? 'start' : field).read ?? {};
  return text === undefined ? cursor => numbers.some(read => read(cursor) >= 0) : cursor => text(cursor) !== undefined;
}

/** An event that leaves out a field because it is 0 is judged with this flow. */
const ZERO: FlowCursor = new FlowObjectCursor({ mark: 0 } as Flow);

/** Whether every event carries all fields that the filter needs. */
export const everyEventDecides = (filter: Filter): boolean => [...fieldsOf(filter)].every(isAlwaysCarried);

/** Makes the judge of one test. */
function judgeTest(test: Test, options: CompileOptions): EventJudge {
  const holds = compileFilter(test, options);
  const carried = carriedBy(test.field);
  const there = present(test.field);
  if (fieldOf(test.field).events?.zero) {
    const atZero = holds(ZERO) ? YES : NO;
    return cursor => (there(cursor) ? (holds(cursor) ? YES : NO) : atZero);
  }
  const judge: EventJudge = cursor => (holds(cursor) ? YES : NO);
  if (isAlwaysCarried(test.field)) return judge;
  const { protocols } = fieldOf(test.field);
  return cursor =>
    carried.includes(EVENT_TYPES[cursor.event()]!) ||
    (protocols !== undefined && !protocols.includes(cursor.protonum())) ||
    there(cursor)
      ? judge(cursor)
      : UNKNOWN;
}

/**
 * Compiles a filter into a judge of the kernel's events.
 *
 * An event carries only some fields of its entry (`events` in the field table). A test over a missing field is UNKNOWN. The filter is then
 * UNKNOWN too, except if its other tests decide.
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
