// The execution of a plan on a server whose table is slow: progress, and what is reported if the caller does not wait for the end.
import { type ClientOptions, ConntrackClient } from '@conntrack/client';
import { RemoteTable } from '@conntrack/client/table';
import type { FlowRef } from '@conntrack/flow';
import { type ChangeOutcome, ConntrackTable, MemorySource, type PlanResult } from '@conntrack/table';
import { expect, it } from 'vitest';
import { failing, filter, tcpFlow } from '../../../table/test/flows.js';
import { serve } from '../../src/index.js';

/** A table that deletes one flow, and waits before the second one. */
class SlowSource extends MemorySource {
  release = (): void => {};
  readonly #released = new Promise<void>(resolve => {
    this.release = resolve;
  });

  override async *deleteMany<Ref extends FlowRef>(refs: Iterable<Ref>): AsyncGenerator<ChangeOutcome> {
    for await (const outcome of super.deleteMany(refs)) {
      yield outcome;
      await this.#released;
    }
  }
}

async function slow(
  use: (source: SlowSource, table: RemoteTable) => Promise<void>,
  options: Partial<ClientOptions> = {},
): Promise<void> {
  const source = new SlowSource([1, 2, 3].map(n => tcpFlow(n)));
  const token = 'a-token-for-everything';
  const server = await serve({ table: new ConntrackTable(source), listen: '127.0.0.1:0', adminToken: token });
  try {
    await use(source, await RemoteTable.open(new ConntrackClient({ url: server.url, token, ...options })));
  } finally {
    source.release();
    await server.close();
  }
}

it("a remote plan's counts grow while the server executes it", () =>
  slow(async (source, table) => {
    const plan = await table.plan(filter('proto=tcp'), 'delete');
    let counts: Readonly<PlanResult> | undefined;
    const running = plan.execute({
      live: result => {
        counts = result;
      },
    });
    expect(counts).toMatchObject({ changed: 0, notAttempted: 3 });
    await expect.poll(() => counts).toMatchObject({ changed: 1, notAttempted: 2 });
    source.release();
    expect(await running).toMatchObject({ changed: 3, notAttempted: 0 });
  }));

it('an aborted execution reports that the server continues, with the counts so far', () =>
  slow(async (source, table) => {
    const plan = await table.plan(filter('proto=tcp'), 'delete');
    const ending = new AbortController();
    const running = failing(
      plan.execute({
        signal: ending.signal,
        live: result =>
          void expect
            .poll(() => result.changed)
            .toBe(1)
            .then(() => ending.abort(new Error('enough'))),
      }),
    );
    expect(await running).toMatchObject({
      code: 'STOPPED',
      cause: expect.objectContaining({ message: 'enough' }),
      details: { continues: true, result: { changed: 1, notAttempted: 2, breakdown: plan.breakdown } },
    });
    source.release();
    await expect.poll(() => table.count()).toBe(0);
  }));

it('an execution that is aborted before its request changes nothing', () =>
  slow(async (_, table) => {
    const plan = await table.plan(filter('proto=tcp'), 'delete');
    const error = await failing(plan.execute({ signal: AbortSignal.abort(new Error('enough')) }));
    expect(error.message).toBe('enough');
    expect(await table.count()).toBe(3);
  }));

it('the outcome of a change is read from its record if the response does not arrive in time', async () => {
  let source: SlowSource | undefined;
  const observed: typeof fetch = (input, init) => {
    // The client gave up waiting for the execution, and asks for its record.
    if (/\/plans\/[^/]+$/.test(String(input))) source!.release();
    return fetch(input, init);
  };
  await slow(
    async (opened, table) => {
      source = opened;
      const plan = await table.plan(filter('proto=tcp'), 'delete');
      expect(await plan.execute()).toMatchObject({ changed: 3, notAttempted: 0, breakdown: plan.breakdown });
    },
    { fetch: observed, timeout: 500 },
  );
});
