import { EVENT_TYPES, type FlowEventType } from '@conntrack/flow';
import { type UnavailableIssue, unavailableTests } from '../explain/requirements.js';
import { allOf, type Filter, fieldsOf, normalize, numbersOf, type Test, testsOf } from '../language/ast.js';
import { fieldOf } from '../language/field-table.js';
import { carriedBy } from './judge.js';

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
  fieldOf(test.field).events?.moves === 'silent' ||
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
    moves: [...fieldsOf(flows)].some(field => fieldOf(field).events?.moves !== undefined),
  };
}

const SILENT =
  'changes without an event, so a stream cannot report when a flow starts or stops matching. List the flows instead';
const ENDS = '; or watch only types=destroy, which has the final value';
const MIXED =
  "is not in destroy events, but is combined by 'or' with a condition on the event itself. Use 'and', or exclude destroy events";

/** The tests of a filter that no stream of these types can keep its word on, each with the reason. Places are those of the canonical expression. */
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
