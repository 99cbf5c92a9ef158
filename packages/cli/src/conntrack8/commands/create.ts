import { type Context, sayCount } from '../context.js';
import { newFlowOf } from '../new-flow.js';

/** `-I` and `-A`: makes an entry; with `-A` one that exists is changed. */
export async function create(context: Context): Promise<number> {
  const { request, conntrack } = context;
  if (request.table === 'expect') return (await import('./expect-one.js')).createExpectation(context);
  const adding = request.command === 'A';
  await conntrack.create(newFlowOf(request), { replace: adding });
  sayCount(context, 1, adding ? 'added' : 'created');
  return 0;
}
