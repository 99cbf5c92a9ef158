import { parseQuery } from '@conntrack/filter';
import type { Flow } from '@conntrack/flow';
import type { ConntrackTable } from '@conntrack/table';
import { describe, expect, test } from 'vitest';
import { hashToken, SCOPES } from '../../src/index.js';
import { tcpFlow, udpFlow } from '../flows.js';
import { TOKEN, tableOf, testApp } from '../support.js';
import { ROUTES, requestFor } from './routes.js';

/** Flows of others: they must not appear in any response to the tenant. */
const FOREIGN = [1, 2, 3].map(n => {
  const flow = tcpFlow(n, { id: 9_000 + n, mark: 5 });
  return {
    ...flow,
    original: { ...flow.original, src: `172.31.9.${n}`, dst: `172.31.8.${n}` },
    reply: { ...flow.reply, src: `172.31.8.${n}`, dport: 20_000 + n },
  };
});
const MINE = [tcpFlow(4), tcpFlow(5), udpFlow];

async function shared() {
  const tables = [tableOf([...FOREIGN, ...MINE]), tableOf([...FOREIGN, ...MINE])] as const;
  const app = testApp({
    table: tables[0],
    netns: () => tables[1],
    auth: {
      tokens: [
        { name: 'tenant', sha256: hashToken(TOKEN), scopes: SCOPES, filter: parseQuery('src=10.0.0.0/16').filter },
      ],
    },
  });
  const foreign = async (table: ConntrackTable): Promise<Flow[]> => {
    const { items } = await table.page({ limit: 100, filter: parseQuery('src=172.31.9.0/24').filter });
    return items;
  };
  return { app, before: await foreign(tables[0]), foreign: () => Promise.all(tables.map(foreign)) };
}

/** The complete response; of an endless stream only its first part. */
async function textOf(response: Response, endless: boolean): Promise<string> {
  if (!endless || !response.ok) return response.text();
  const reader = response.body!.getReader();
  let text = '';
  for (const decoder = new TextDecoder(); !/"synced"|event: bookmark/.test(text); ) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value);
  }
  await reader.cancel();
  return text;
}

describe('a token with a filter, on every route', () => {
  test.each(ROUTES.map(operation => [operation.id, operation] as const))(
    '%s neither shows nor changes flows of others',
    async (id, operation) => {
      const { app, before, foreign } = await shared();
      const endless = id.startsWith('watchFlows');
      for (const places of [
        { key: before[0]!.key! },
        { key: before[1]!.key!, plan: '00000000-0000-4000-8000-000000000000' },
      ]) {
        const { target, init } = requestFor(operation, places);
        const text = await textOf(await app.request(target, init), endless);
        expect(text).not.toMatch(/172\.31\./);
        // A key is only repeated to a client that sent it.
        for (const { key } of before)
          if (!target.includes(key!) && !String(init.body).includes(key!)) expect(text).not.toContain(key!);
        // The number of rows in the table is not visible to the tenant, either.
        for (const [, scanned] of id === 'getOpenApi' ? [] : text.matchAll(/"scanned":(\d+)/g))
          expect(Number(scanned)).toBeLessThanOrEqual(MINE.length);
      }
      expect(await foreign()).toEqual([before, before]);
    },
  );
});

test.each([
  ['GET', undefined],
  ['DELETE', undefined],
  ['PATCH', JSON.stringify({ timeout: 1 })],
])('%s of a key outside of the filter responds like for a key that never existed', async (method, body) => {
  const { app, before } = await shared();
  const never = tableOf([{ ...FOREIGN[0]!, original: { ...FOREIGN[0]!.original, sport: 1 } }]);
  const { items } = await never.page({ limit: 1 });
  const ask = async (key: string) => {
    const init = { method, ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }) };
    const { requestId: _, ...answer } = (await (await app.request(`/conntrack/${key}`, init)).json()) as Record<
      string,
      unknown
    >;
    return answer;
  };
  expect(await ask(before[0]!.key!)).toEqual(await ask(items[0]!.key!));
});
