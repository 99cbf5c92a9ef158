import { createClient } from '../out/hey-api/client/index.js';
import {
  createFlow,
  createPlan,
  deleteFlows,
  getFlow,
  listFlows,
  streamFlows,
  watchFlows,
} from '../out/hey-api/index.js';
import { defined, type Findings, firstText, linesOf, NEW_FLOW, type Server } from '../program.js';

/** Uses the client of @hey-api/openapi-ts. */
export async function run({ url, token }: Server): Promise<Findings> {
  const client = createClient({ baseUrl: url, auth: () => token });

  const list = await listFlows({ client, query: { proto: 'tcp', 'dport.gte': '443', limit: 10 } });
  const page = defined(list.data, list.error);

  const create = await createFlow({ client, body: NEW_FLOW });
  const key = defined(create.data?.key, create.error);
  const get = await getFlow({ client, path: { key } });
  const flow = defined(get.data, get.error);

  const plan = await createPlan({ client, body: { filter: 'mark == 7', change: 'delete' } });
  const remove = await deleteFlows({
    client,
    query: { 'mark.gte': '7', src: '192.0.2.10', 'helper.exists': false },
    headers: { 'Idempotency-Key': 'hey-api' },
  });
  const missing = await getFlow({ client, path: { key } });

  const stream = await streamFlows({ client, query: { proto: 'tcp' }, parseAs: 'text' });
  const events = await watchFlows({ client, query: { initial: true }, parseAs: 'stream' });
  return {
    ports: page.items.map(({ original }) => original?.dport),
    created: { src: defined(flow.original?.src), mark: flow.mark },
    planned: defined(plan.data, plan.error).count,
    deleted: defined(remove.data, remove.error).deleted,
    missing: [defined(missing.response).status, defined(missing.error).code],
    lines: linesOf(defined(stream.data, stream.error)),
    // The client's types only know text. An endless stream is read as a stream.
    events: await firstText(events.data as unknown as ReadableStream<Uint8Array>),
  };
}
