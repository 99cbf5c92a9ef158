import createClient from 'openapi-fetch';
import type { paths } from '../out/types.js';
import { defined, type Findings, firstText, linesOf, NEW_FLOW, type Server } from '../program.js';

/** Uses the types of openapi-typescript with openapi-fetch. */
export async function run({ url, token }: Server): Promise<Findings> {
  const client = createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${token}` } });

  const list = await client.GET('/conntrack', { params: { query: { proto: 'tcp', 'dport.gte': '443', limit: 10 } } });
  const page = defined(list.data, list.error);

  const create = await client.POST('/conntrack', { body: NEW_FLOW });
  const key = defined(create.data?.key, create.error);
  const get = await client.GET('/conntrack/{key}', { params: { path: { key } } });
  const flow = defined(get.data, get.error);

  const plan = await client.POST('/conntrack/plans', { body: { filter: 'mark == 7', change: 'delete' } });
  const remove = await client.DELETE('/conntrack', {
    params: {
      query: { 'mark.gte': '7', src: '192.0.2.10', 'helper.exists': false },
      header: { 'Idempotency-Key': 'openapi-fetch' },
    },
  });
  const missing = await client.GET('/conntrack/{key}', { params: { path: { key } } });

  const stream = await client.GET('/conntrack/stream', { params: { query: { proto: 'tcp' } }, parseAs: 'text' });
  const events = await client.GET('/conntrack/events', { params: { query: { initial: true } }, parseAs: 'stream' });
  return {
    ports: page.items.map(({ original }) => original?.dport),
    created: { src: defined(flow.original?.src), mark: flow.mark },
    planned: defined(plan.data, plan.error).count,
    deleted: defined(remove.data, remove.error).deleted,
    missing: [missing.response.status, defined(missing.error).code],
    lines: linesOf(defined(stream.data, stream.error)),
    events: await firstText(defined(events.data ?? undefined, events.error)),
  };
}
