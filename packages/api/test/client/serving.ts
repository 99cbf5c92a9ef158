import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConntrackClient } from '@conntrack/client';
import { nodeFetch } from '@conntrack/client/node';
import { onTestFinished } from 'vitest';
import { type RunningServer, type ServeOptions, serve } from '../../src/index.js';
import { tableOf } from '../support.js';

const TOKEN = 'a-token-for-everything';

/** Starts a server with the real application on loopback, until the test ends. */
export async function started(options: Partial<ServeOptions> = {}): Promise<RunningServer> {
  const server = await serve({
    table: tableOf(),
    listen: '127.0.0.1:0',
    adminToken: TOKEN,
    grace: 100,
    ...options,
  });
  onTestFinished(() => server.close());
  return server;
}

/** Makes a client of such a server. */
export async function loopback(options: Partial<ServeOptions> = {}): Promise<ConntrackClient> {
  const { url } = await started(options);
  return new ConntrackClient({ url, token: TOKEN });
}

/** Makes a client over a unix socket. */
export async function unixSocket(options: Partial<ServeOptions> = {}): Promise<ConntrackClient> {
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-client-'));
  const socketPath = join(folder, 'api.sock');
  await started({ ...options, listen: `unix:${socketPath}` });
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return new ConntrackClient({ url: 'http://localhost', fetch: nodeFetch({ socketPath }) });
}
