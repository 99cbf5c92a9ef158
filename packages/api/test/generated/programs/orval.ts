import { createFlow, createPlan, deleteFlows, getFlow, listFlows, streamFlows, watchFlows } from '../out/orval.js';
import { defined, type Findings, firstText, linesOf, NEW_FLOW, type Server } from '../program.js';

/** Uses the client of orval, whose functions call the global fetch with paths. */
export async function run({ url, token }: Server): Promise<Findings> {
  const { fetch } = globalThis;
  globalThis.fetch = (path, init) => fetch(new URL(String(path), url), init);
  try {
    return await findings({ headers: { authorization: `Bearer ${token}` } });
  } finally {
    globalThis.fetch = fetch;
  }
}

async function findings(options: RequestInit): Promise<Findings> {
  const list = await listFlows({ proto: 'tcp', 'dport.gte': '443', limit: 10 }, options);
  if (list.status !== 200) throw new Error(list.data.detail);

  const create = await createFlow(NEW_FLOW, options);
  if (create.status !== 201) throw new Error(create.data.detail);
  const key = defined(create.data.key);
  const get = await getFlow(key, {}, options);
  if (get.status !== 200) throw new Error(get.data.detail);

  const plan = await createPlan({ filter: 'mark == 7', change: 'delete' }, options);
  if (plan.status !== 201 && plan.status !== 200) throw new Error(plan.data.detail);
  const remove = await deleteFlows({ 'mark.gte': '7', src: '192.0.2.10', 'helper.exists': false }, options);
  if (remove.status !== 200) throw new Error(remove.data.detail);
  const missing = await getFlow(key, {}, options);
  if (missing.status === 200) throw new Error('the flow is still there');

  const stream = await streamFlows({ proto: 'tcp' }, options);
  if (stream.status !== 200) throw new Error(stream.data.detail);
  const events = await watchFlows({ initial: true }, options);
  if (events.status !== 200) throw new Error(events.data.detail);
  return {
    ports: list.data.items.map(({ original }) => original?.dport),
    created: { src: defined(get.data.original?.src), mark: get.data.mark },
    planned: plan.data.count,
    deleted: remove.data.deleted,
    missing: [missing.status, missing.data.code],
    lines: linesOf(await new Response(stream.stream.body).text()),
    events: await firstText(defined(events.stream.body ?? undefined)),
  };
}
