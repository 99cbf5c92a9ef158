import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { SAMPLE } from '../../src/sample.js';

const BINARY = fileURLToPath(new URL('../../dist/ctctl.cjs', import.meta.url));
const FILES = 64;

it('a server that may open 64 files starts, prints its number of connections, and works when there are more', async () => {
  const line = `ulimit -n ${FILES}; exec "$0" "$@"`;
  const argv = ['serve', '--source', `memory:${SAMPLE}`, '--anonymous', 'read', '--listen', '127.0.0.1:0'];
  const server = spawn('sh', ['-c', line, process.execPath, BINARY, ...argv]);
  let heard = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', chunk => (heard += chunk));
  await expect.poll(() => heard).toMatch(/^serving {2}\S+/m);
  expect(heard).toContain(`warning: at most ${FILES} files can be open, so each address accepts 32 connections`);
  const url = /^serving {2}(\S+)/m.exec(heard)![1]!;
  const count = async (): Promise<number> =>
    ((await (await fetch(`${url}/conntrack/count`, { headers: { connection: 'close' } })).json()) as { count: number })
      .count;
  expect(await count()).toBe(68);
  const closed = new Set<Socket>();
  const sockets = Array.from({ length: 2 * FILES }, () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
    return socket.on('close', () => closed.add(socket));
  });
  await expect.poll(() => closed.size).toBeGreaterThanOrEqual(2 * FILES - 32);
  // Existing connections are served with files that the server opens for them.
  const inside = sockets.find(socket => !closed.has(socket))!;
  inside.write(
    'GET /docs/reference.js HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: br\r\nConnection: close\r\n\r\n',
  );
  expect(String((await once(inside, 'data'))[0])).toMatch(/^HTTP\/1.1 200 /);
  for (const socket of sockets) socket.destroy();
  await expect.poll(() => count().catch(() => 0)).toBe(68);
  server.kill('SIGTERM');
  expect(await once(server, 'exit')).toEqual([0, null]);
});
