import { ConntrackClient, type ExpectationRecord, type WatchExpectationsOptions } from '@conntrack/client';
import { expect, test } from 'vitest';
import { loopback, unixSocket } from './serving.js';

const record = {
  type: 'new',
  expectation: { family: 'ipv4', protocol: 'tcp', protonum: 6, tuple: { src: '10.0.0.1', dst: '10.0.0.2' } },
};
const gap = { type: 'gap', where: 'kernel', count: null };
const bye = { type: 'bye', reason: 'shutdown' };

/** All records of a server that sends these lines, and the error at their end. */
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

test('records come until the goodbye, signs of life left out', async () => {
  const { records, error, asked } = await heard([record, '\n', gap, bye], { types: ['new'] });
  expect([records, error]).toEqual([[record, gap], undefined]);
  expect(asked).toEqual(['http://x/expectations/events?types=new']);
});

test('an end without a goodbye is an error', async () => {
  expect(await heard([record])).toMatchObject({ records: [record], error: { code: 'STREAM_CUT' } });
});

test.each([
  ['loopback', loopback],
  ['a unix socket', unixSocket],
])('a table without events of expectations says so: %s', async (_, connect) => {
  await expect((await connect()).watchExpectations().next()).rejects.toMatchObject({ code: 'unsupported' });
});
