import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Expectation } from '@conntrack/flow';
import { ConntrackTable, type ExpectationEvents, type ExpectationSource, MemorySource } from '@conntrack/table';
import { expect, test } from 'vitest';
import { serve } from '../../src/index.js';
import { problem, testApp } from '../support.js';

const expectation: Expectation = {
  id: 1,
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  tuple: { src: '10.0.0.1', dst: '10.0.0.2', sport: 0, dport: 4000 },
  helper: 'ftp',
};

/** A source with as many expectation events as are read, which counts how far it was read. */
class Announcing extends MemorySource {
  sent = 0;
  closed = 0;
  override readonly expectations: MemorySource['expectations'] & ExpectationSource;
  constructor(readonly endless: boolean) {
    super();
    this.expectations = Object.assign(new MemorySource().expectations, {
      events: () => this.#events(),
    });
  }
  #events(): ExpectationEvents {
    const controller = new AbortController();
    const source = this;
    return {
      async *[Symbol.asyncIterator]() {
        while (!controller.signal.aborted) {
          source.sent++;
          yield { type: 'new', expectation } as const;
          if (source.endless) {
            if (source.sent % 1000 === 0) await delay(0);
          } else await once(controller.signal, 'abort').catch(() => {});
        }
      },
      close() {
        if (!controller.signal.aborted) source.closed++;
        controller.abort();
      },
      async [Symbol.asyncDispose]() {
        controller.abort();
      },
    };
  }
}

test('a stream of expectation events ends with bye when the server stops', async () => {
  const source = new Announcing(false);
  const server = await serve({ table: new ConntrackTable(source), listen: '127.0.0.1:0', anonymous: 'read' });
  const response = await fetch(`${server.url}/expectations/events`);
  const text = response.text();
  await expect.poll(() => source.sent).toBe(1);
  await server.close();
  expect(
    (await text)
      .trim()
      .split('\n')
      .map(line => (JSON.parse(line) as { type: string }).type),
  ).toEqual(['new', 'bye']);
  expect(source.closed).toBe(1);
});

test('a reader of expectation events that reads nothing is disconnected', async () => {
  const source = new Announcing(true);
  const table = new ConntrackTable(source);
  await using server = await serve({
    table,
    listen: '127.0.0.1:0',
    anonymous: 'read',
    limits: { stall: 200 },
    grace: 100,
  });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  socket.pause();
  socket.write('GET /expectations/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  await expect.poll(() => source.closed).toBe(1);
  socket.destroy();
});

test('the response of expectation events starts before the first event', async () => {
  const source = new Announcing(false);
  const stopped = new AbortController();
  source.expectations.events = () => ({
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        await once(stopped.signal, 'abort');
        return { done: true, value: undefined };
      },
    }),
    close: () => stopped.abort(),
    [Symbol.asyncDispose]: async () => stopped.abort(),
  });
  await using server = await serve({ table: new ConntrackTable(source), listen: '127.0.0.1:0', anonymous: 'read' });
  const response = await fetch(`${server.url}/expectations/events`);
  expect(response.headers.get('server-timing')).toMatch(/^total;dur=/);
  await response.body!.cancel();
});

test('a table without expectation events is answered with a problem', async () => {
  await problem(await testApp().request('/expectations/events'), 'unsupported');
});
