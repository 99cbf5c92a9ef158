import { FlowObjectCursor, type FlowRef } from '@conntrack/flow';
import { namesOriginal, tuplesOf } from '../change/new-flow.js';
import { type Context, sayCount } from '../context.js';
import { OperationError } from '../errors.js';
import { flowOutput } from '../output/flow-output.js';
import { matchOf } from '../select/match.js';

/** `-G`: prints the entry with this tuple, if it matches the other options. */
export async function get(context: Context): Promise<number> {
  const { request, conntrack, terminal } = context;
  if (request.table === 'expect') return (await import('./expect-one.js')).getExpectation(context);
  const { family, protonum, original, reply } = tuplesOf(request);
  const { zone, origZone, replyZone } = request;
  const byOriginal = namesOriginal(request);
  // The kernel finds an entry by either of its tuples.
  const ref: FlowRef = { family, protonum, original: byOriginal ? original : reply };
  if (zone) ref.zone = zone;
  const own = byOriginal ? origZone : replyZone;
  if (own) ref.original.zone = own;
  const flow = await conntrack.get(ref);
  if (flow === undefined) throw new OperationError("Operation failed: such conntrack doesn't exist");
  const match = matchOf(request);
  const shown = match === undefined || match(new FlowObjectCursor(flow));
  if (shown) {
    const output = flowOutput(request, terminal, { head: true });
    output.write(flow);
    output.flush();
  }
  sayCount(context, shown ? 1 : 0, 'shown');
  return shown ? 0 : 1;
}
