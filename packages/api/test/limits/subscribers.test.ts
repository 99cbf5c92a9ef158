import { expect, test } from 'vitest';
import { problem, testApp } from '../support.js';

test('event streams are limited without a Node server, too, until their readers leave', async () => {
  const { request } = testApp({ limits: { subscribersPerPrincipal: 1 } });
  const first = await request('/conntrack/events');
  expect(first.status).toBe(200);
  await problem(await request('/conntrack/events'), 'too-many-subscribers');
  await first.body!.cancel();
  const second = await request('/conntrack/events');
  expect(second.status).toBe(200);
  await second.body!.cancel();
  // A request that is rejected does not count.
  expect((await request('/conntrack/events?since=never')).status).toBe(400);
  const third = await request('/conntrack/events');
  expect(third.status).toBe(200);
  await third.body!.cancel();
});
