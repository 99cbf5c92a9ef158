import { ConntrackClient, type ExpectationRecord, type WatchExpectationsOptions } from '@conntrack/client';
import { expect, test } from 'vitest';
import { loopback, unixSocket } from './serving.js';

const record = {
  type: 'new',
  expectation: { family: 'ipv4', protocol: 'tcp', protonum: 6, tuple: { src: '10.0.0.1', dst: '10.0.0.2' } },
};
const gap = { type: 'gap', where: 'kernel', count: null };
const bye = { type: 'bye', reason: 'shutdown' };

/** All records from a server that sends these lines, and the error that ends them. */
async function heard(lines: (object | string)[], options?: WatchExpectationsOptions) {
  const asked: string[] = [];
  const client = new ConntrackClient({
    url: 'http://x',
    fetch: async url => {
      asked.push(String(url));
      return new Response(lines.map(line => (typeof line === 'string' ? line : `${JSON.stringify(line)}\n`)).join(''));
    },
  });
  const records: ExpectationRecord[] = [];
  try {
    for await (const each of client.watchExpectations(options)) records.push(each);
  } catch (error) {
    return { records, error, asked };
  }
  return { records, error: undefined, asked };
}

test('expectation records are returned until bye, without keep-alive lines', async () => {
  const { records, error, asked } = await heard([record, '\n', gap, bye], { types: ['new'] });
  expect([records, error]).toEqual([[record, gap], undefined]);
  expect(asked).toEqual(['http://x/expectations/events?types=new']);
});

test('a stream of expectations without bye is an error', async () => {
  expect(await heard([record])).toMatchObject({ records: [record], error: { code: 'STREAM_CUT' } });
});

test.each([
  ['loopback', loopback],
  ['a unix socket', unixSocket],
])('a table without expectation events is an error: %s', async (_, connect) => {
  await expect((await connect()).watchExpectations().next()).rejects.toMatchObject({ code: 'unsupported' });
});
