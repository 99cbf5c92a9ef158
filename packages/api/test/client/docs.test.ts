// The programs of apps/docs/client.md, each run as it stands.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { afterAll, expect, test } from 'vitest';
import { serve } from '../../src/index.js';
import { tableOf } from '../support.js';

const page = readFileSync(new URL('../../../../apps/docs/client.md', import.meta.url), 'utf8');
const programs = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text]) => text!);

const folder = mkdtempSync(join(tmpdir(), 'conntrack-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the page has programs', () => expect(programs).toHaveLength(5));

/** What each says, in the page's order. */
const SAID = [
  /^10\n10\.0\.0\.10 1000 ct1\.\S+\n(10\.0\.0\.\d+ \d+ ct1\.\S+\n)*$/,
  /^(10\n){4}$/,
  /^10 \{ 'tcp ESTABLISHED': 10 \}\n.*expect-mismatch 409 1\n$/s,
  /^bookmark 10\n$/,
  /^12\n$/,
];

test.concurrent.each(
  programs.map((text, i) => [text.split('\n').find(line => /client\.(\w+)|local/.test(line)), text, i] as const),
)('%s', async (_, text, i) => {
  const socket = join(folder, `${i}.sock`);
  await using server = await serve({
    table: tableOf(),
    listen: ['127.0.0.1:0', `unix:${socket}`],
    adminToken: 'secret-of-the-test',
    grace: 100,
  });
  const { code } = await transform(text, { loader: 'ts' });
  const program = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@conntrack/source', '--input-type=module', '-e', code],
    {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: {
        ...process.env,
        CONNTRACK_URL: server.url,
        CONNTRACK_TOKEN: 'secret-of-the-test',
        CONNTRACK_SOCKET: socket,
        NO_COLOR: '1',
      },
    },
  );
  let said = '';
  for (const stream of [program.stdout, program.stderr]) stream.on('data', chunk => (said += chunk));
  expect([await once(program, 'exit'), said]).toEqual([[0, null], expect.stringMatching(SAID[i]!)]);
});
