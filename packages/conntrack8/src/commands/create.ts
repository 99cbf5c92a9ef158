import { newFlowOf } from '../change/new-flow.js';
import { type Context, sayCount } from '../context.js';

/** `-I`: creates an entry. */
export async function create(context: Context): Promise<number> {
  const { request, conntrack } = context;
  if (request.table === 'expect') return (await import('./expect-one.js')).createExpectation(context);
  await conntrack.create(newFlowOf(request), { drops: 'allow' });
  sayCount(context, 1, 'created');
  return 0;
}
