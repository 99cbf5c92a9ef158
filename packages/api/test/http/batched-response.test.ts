import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, connect, Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { BatchedResponse } from '../../src/http/answer/batched-response.js';

let close: (() => void) | undefined;
afterEach(() => close?.());

/** Returns the port of a server with batched responses. */
async function listening(listener: RequestListener<typeof IncomingMessage, typeof BatchedResponse>): Promise<number> {
  const server = createServer({ ServerResponse: BatchedResponse }, listener).listen(0, '127.0.0.1');
  close = () => void server.close();
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Sends requests in one packet, and returns everything that the server answers. */
async function send(port: number, paths: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  const requests = paths.map(
    (path, i) =>
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${i === paths.length - 1 ? 'Connection: close\r\n' : ''}\r\n`,
  );
  socket.write(requests.join(''));
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

const bodies = (text: string): string[] => [...text.matchAll(/<(.*?)>/g)].map(([, body]) => body!);
const paths = (count: number): string[] => Array.from({ length: count }, (_, i) => `/${i}`);

test('requests that arrive in one packet are answered in order, however many they are', async () => {
  const port = await listening((request, response) => void response.end(`<${request.url}>`));
  for (const count of [1, 2, 31, 32, 33, 100]) expect(bodies(await send(port, paths(count)))).toEqual(paths(count));
});

test('requests of many connections are all answered, texts and bytes', async () => {
  const port = await listening((request, response) => {
    const body = `<é${request.url}>`;
    response.setHeader('content-length', Buffer.byteLength(body));
    if (request.url!.endsWith('3')) response.end(Buffer.from(body));
    else response.end(body);
  });
  const answers = await Promise.all(paths(80).map(path => send(port, [path])));
  expect(answers.map(bodies)).toEqual(paths(80).map(path => [`é${path}`]));
});

/** Makes responses to no request, which are connected to nothing. */
const responses = (count: number): BatchedResponse<IncomingMessage>[] =>
  Array.from({ length: count }, () => new BatchedResponse({ method: 'GET', httpVersionMajor: 1 } as IncomingMessage));

test('a response waits for the end of the turn, and 32 responses do not wait', async () => {
  const made = responses(33);
  const ended = () => made.filter(({ writableEnded }) => writableEnded).length;
  for (const each of made.slice(0, 31)) each.end('x');
  expect(ended()).toBe(0);
  made[31]!.end('x');
  expect(ended()).toBe(32);
  made[32]!.end('x');
  expect(ended()).toBe(32);
  await new Promise(resolve => setImmediate(resolve));
  expect(ended()).toBe(33);
});

test('a response that cannot be sent does not keep the others of its batch', async () => {
  const [bad, good] = responses(2) as [BatchedResponse<IncomingMessage>, BatchedResponse<IncomingMessage>];
  bad.strictContentLength = true;
  bad.setHeader('content-length', 5);
  bad.assignSocket(new Socket());
  bad.end('x');
  good.end('x');
  await new Promise(resolve => setImmediate(resolve));
  expect([bad.destroyed, good.writableEnded]).toEqual([true, true]);
});
