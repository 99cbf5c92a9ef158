import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gunzipSync } from 'node:zlib';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sample } from './flows.js';
import type { OpenApi } from './fuzz/document.js';
import { type FuzzRequest, requestsOf } from './fuzz/requests.js';
import { Judge } from './fuzz/verdict.js';
import { TOKEN, testApp } from './support.js';

/** For a long run: `CONNTRACK_FUZZ=100000 npx vitest run test/fuzz.test.ts`. */
const RUNS = Number(process.env.CONNTRACK_FUZZ ?? 2000);
const MIB = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const heap = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};

/** The text of a response in any encoding. Without a server, nothing decodes it. */
async function textOf(response: Response): Promise<string> {
  const bytes = Buffer.from(await response.arrayBuffer());
  return String(response.headers.get('content-encoding') === 'gzip' ? gunzipSync(bytes) : bytes);
}

test(
  `${RUNS} random requests get documented responses, and leave nothing behind`,
  async () => {
    const source = (): MemorySource => new MemorySource(sample(), { max: 10_000 });
    const [own, blue] = [new ConntrackTable(source()), new ConntrackTable(source())];
    const app = testApp({
      table: own,
      netns: name => (name === 'blue' ? blue : undefined),
      limits: { plansPerPrincipal: 50 },
    });
    const document = await app.json<OpenApi>('/openapi.json');
    const judge = new Judge(document);
    const seen = new Map<string, number>();

    const ask = async (request: FuzzRequest): Promise<void> => {
      const { id, target, method, headers, body } = request;
      const response = await app.request(target, { method, headers, ...(body !== undefined && { body }) });
      const endless = response.ok && id.startsWith('watch');
      if (endless) await response.body?.cancel();
      judge.answer(request, response, endless ? undefined : await textOf(response));
      const key = `${id} ${response.ok ? 'ok' : 'refused'}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
      // The log and the created flows remain after the run; they are not a leak of the server.
      app.lines.length = 0;
    };
    const keys = (await app.json<{ items: { key: string }[] }>('/conntrack')).items.map(({ key }) => key);
    const requests = requestsOf(document, keys);
    const run = (numRuns: number) => fc.assert(fc.asyncProperty(requests, ask), { numRuns });

    await run(Math.ceil(RUNS / 2));
    const before = heap();
    await run(Math.floor(RUNS / 2));
    const grown = heap() - before;
    expect(grown / MIB).toBeLessThan(32);

    // Streams that were left end with a delay.
    const metrics = async (): Promise<string> => (await app.request('/metrics')).text();
    await expect.poll(metrics).toMatch(/^conntrack_dumps_running 0$/m);
    await expect.poll(metrics).toMatch(/^conntrack_event_subscribers 0$/m);
    expect(await metrics()).not.toContain(TOKEN);
    // Not all requests are rejected by the guards.
    const reached = [...seen].filter(([key]) => key.endsWith(' ok')).length;
    expect(reached).toBeGreaterThan(Object.keys(document.paths).length / 3);
    if (process.env.CONNTRACK_FUZZ !== undefined)
      console.log(
        `heap grew ${(grown / MIB).toFixed(1)} MiB in the second half; ${JSON.stringify(Object.fromEntries([...seen].sort()))}`,
      );
  },
  Math.max(120_000, RUNS * 20),
);
