import { type Fault, Problem, type ProblemCode, type ProblemExtras } from './problems.js';

/** Maximum number of faults in a response, so that a hostile request does not get a longer one. */
export const MAX_FAULTS = 50;
/** Maximum number of faults in the detail sentence. */
const IN_DETAIL = 5;

/** Maximum characters of a message and of a snippet: both repeat text that the client sent. */
const MAX_MESSAGE = 500;
const MAX_SNIPPET = 2 * MAX_MESSAGE;

/** A fault with texts of bounded length. */
function short(fault: Fault): Fault {
  const { message, snippet = '', suggestions = [] } = fault;
  const long = suggestions.some(each => each.length > MAX_MESSAGE);
  if (message.length <= MAX_MESSAGE && snippet.length <= MAX_SNIPPET && !long) return fault;
  const { snippet: _, suggestions: __, ...rest } = fault;
  return { ...rest, message: message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message };
}

const placeOf = ({ pointer }: Fault): string => (pointer === undefined ? '' : `${pointer || 'body'}: `);

/**
 * The problem for a request with faults. It lists at most {@link MAX_FAULTS}, and counts the others in one last fault.
 *
 * @param more number of further faults that were only counted
 */
export function faultsProblem(
  code: ProblemCode,
  faults: readonly Fault[],
  { more = 0, ...extras }: ProblemExtras & { more?: number } = {},
): Problem {
  const errors = faults.slice(0, MAX_FAULTS).map(short);
  const omitted = more + faults.length - errors.length;
  if (omitted > 0) errors.push({ code: 'more-faults', message: `… and ${omitted} more errors` });
  const named = errors.slice(0, IN_DETAIL).map(fault => `${placeOf(fault)}${fault.message}`);
  const unnamed = errors.length > IN_DETAIL ? faults.length + more - IN_DETAIL : 0;
  const detail = named.join('; ') + (unnamed > 0 ? `; … and ${unnamed} more errors` : '');
  return new Problem(code, detail, { ...extras, errors });
}
