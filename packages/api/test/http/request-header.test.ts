import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { afterAll, expect, test } from 'vitest';
import type { Env } from '../../src/http/context.js';
import { requestHeader } from '../../src/http/request-header.js';

const NAMES = ['host', 'authorization', 'accept', 'origin', 'traceparent', 'x-request-id', 'sec-fetch-site'];

const app = new Hono<Env>().get('/*', c =>
  c.json(NAMES.map(name => [requestHeader(c, name) ?? null, c.req.header(name) ?? null])),
);
const listener = getRequestListener((request, env) => app.fetch(request, env as { incoming: IncomingMessage }), {
  hostname: 'localhost',
});
const server = createServer({ requireHostHeader: false }, listener).listen(0, '127.0.0.1');
afterAll(() => void server.close());

/** The pairs of both ways to read each header, for a request with these header lines. */
async function read(...lines: string[]): Promise<[string | null, string | null][]> {
  if (!server.listening) await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('latin1');
  socket.end(`GET / HTTP/1.1\r\n${lines.map(line => `${line}\r\n`).join('')}Connection: close\r\n\r\n`, 'latin1');
  let text = '';
  for await (const chunk of socket) text += chunk;
  return JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
}

test.each(NAMES)('the request header %s is read as Hono reads it, also when it is repeated or padded', async name => {
  for (const lines of [
    [],
    [`${name}: one`],
    [`${name.toUpperCase()}: one`],
    [`${name}:   one  `],
    [`${name}: one`, `${name}: two`],
    [`${name}: one`, `X-Other: y`, `${name.toUpperCase()}: two`, `${name}: three`],
    [`${name}:`],
  ]) {
    const host = name === 'host' ? [] : ['Host: localhost'];
    for (const [fast, known] of await read(...host, ...lines)) expect(fast).toBe(known);
  }
});

test('a second Authorization header does not hide behind the first one', async () => {
  const [, authorization] = await read('Host: localhost', 'Authorization: Bearer a', 'Authorization: Bearer b');
  expect(authorization).toEqual(['Bearer a, Bearer b', 'Bearer a, Bearer b']);
});
