import { EVENT_TYPES, type FlowEventType } from '@conntrack/flow';
import { type UnavailableIssue, unavailableTests } from '../explain/requirements.js';
import { allOf, type Filter, fieldsOf, normalize, numbersOf, type Test, testsOf } from '../language/ast.js';
import { fieldOf } from '../language/field-table.js';
import { carriedBy } from './judge.js';

/** A filter, split for a stream of events. */
export interface EventPlan {
  /** The event types that can occur: those that the caller requested, limited by the filter's own `event=`. */
  readonly types: readonly FlowEventType[];
  /** The tests of the flow. A flow that stops matching leaves the stream. */
  readonly flows: Filter;
  /** The tests of the event itself (`event`, `portid`, and the final counters in `destroy`). They select events, not flows. */
  readonly event: Filter;
  /** Whether a flow can start or stop matching during its lifetime. If so, matching flows must be remembered. */
  readonly moves: boolean;
}

const isSilent = (test: Test): boolean =>
  fieldOf(test.field).events?.moves === 'silent' ||
  (test.field === 'status' && numbersOf(test.values).some(bit => (bit & fieldOf('offload').status!.mask) !== 0));

/** Whether a filter reads a value that changes without an event: a counter, a timeout, offloading. */
export const readsSilent = (filter: Filter): boolean => [...testsOf(filter)].some(isSilent);

const isOfEvent = (test: Test): boolean => fieldOf(test.field).requires === 'events';
const endsCarry = (test: Test): boolean => carriedBy(test.field).includes('destroy');

const termsOf = (filter: Filter): readonly Filter[] =>
  filter.kind === 'and' ? filter.terms : filter.kind === 'all' ? [] : [filter];

/** The event types that a term of the filter allows, if it tests nothing else. */
function typesOf(term: Filter): readonly FlowEventType[] {
  if (term.kind !== 'test' || term.field !== 'event' || term.op !== 'eq') return EVENT_TYPES;
  const numbers = numbersOf(term.values);
  return EVENT_TYPES.filter((_, number) => numbers.includes(number));
}

/** Splits a filter into tests of flows and tests of events. */
export function planEvents(filter: Filter, asked: readonly FlowEventType[] = EVENT_TYPES): EventPlan {
  const terms = termsOf(normalize(filter));
  const types = asked.filter(type => terms.every(term => typesOf(term).includes(type)));
  const isEvent = (term: Filter): boolean => [...testsOf(term)].some(test => isOfEvent(test) || isSilent(test));
  const flows = allOf(terms.filter(term => !isEvent(term)));
  return {
    types,
    flows,
    event: allOf(terms.filter(isEvent)),
    moves: [...fieldsOf(flows)].some(field => fieldOf(field).events?.moves === 'told'),
  };
}

const SILENT =
  'changes without an event, so a stream cannot report when a flow starts or stops matching. List the flows instead';
const ENDS = '; or watch only types=destroy, which has the final value';
const MIXED =
  "is not in destroy events, but is combined by 'or' with a condition on the event itself. Use 'and', or exclude destroy events";

/**
 * Finds the tests that a stream of these event types cannot answer correctly, each with the reason. Offsets are those in the canonical
 * expression.
 */
export function unfitForEvents(
  filter: Filter,
  asked: readonly FlowEventType[] = EVENT_TYPES,
): readonly UnavailableIssue[] {
  const { types, event } = planEvents(filter, asked);
  const onlyEnds = types.every(type => type === 'destroy');
  const mixed = new Set<Test>();
  if (types.includes('destroy'))
    for (const term of termsOf(event))
      for (const test of testsOf(term)) if (!endsCarry(test) && !isSilent(test)) mixed.add(test);
  return unavailableTests(filter, test => {
    if (isSilent(test) && !(onlyEnds && endsCarry(test))) return { message: SILENT + (endsCarry(test) ? ENDS : '') };
    return mixed.has(test) ? { message: MIXED } : undefined;
  });
}
