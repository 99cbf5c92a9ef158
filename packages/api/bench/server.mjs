// The built server of the benchmark, in a process of its own, so that its memory can be measured. Next to it Hono's
// "hello".
import { once } from 'node:events';
import { serve } from '@conntrack/api';
import { openTable } from '@conntrack/table';
import { serve as serveHono } from '@hono/node-server';
import { Hono } from 'hono';

const table = await openTable('kernel', { netns: process.argv[2] });
const limits = { dumps: 100, dumpsPerPrincipal: 100 };
const server = await serve({
  table,
  listen: '127.0.0.1:0',
  anonymous: 'read',
  adminToken: 'benchmark-token-of-sixteen-or-more',
  limits,
  ...(process.argv[3] && { eventLimits: JSON.parse(process.argv[3]) }),
});
const hello = new Hono().get('/', c => c.json({ hello: 'world' }));
const bare = serveHono({ fetch: hello.fetch, port: 0, hostname: '127.0.0.1' });
await once(bare, 'listening');
process.send({ port: Number(new URL(server.url).port), hello: bare.address().port });
process.on('disconnect', () => process.exit(0));
