// Runs the programs of apps/docs/client.md and of the client's README, with only the addresses replaced.
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

const programsOf = (path: string): string[] => {
  const page = readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');
  return [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text]) => text!);
};
const programs = [...programsOf('apps/docs/client.md'), ...programsOf('packages/client/README.md')];

const folder = mkdtempSync(join(tmpdir(), 'conntrack-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the documentation pages contain programs', () => expect(programs).toHaveLength(8));

/** The expected output of each program, in the order of the pages. */
const SAID = [
  /^10\n10\.0\.0\.10 1000 ct1\.\S+\n(10\.0\.0\.\d+ \d+ ct1\.\S+\n)*$/,
  /^(10\n){4}$/,
  /^10 \{ 'tcp ESTABLISHED': 10 \}\n.*expect-mismatch 409 1\n$/s,
  /^bookmark 10\n$/,
  /^12\n$/,
  // This program watches until it is stopped.
  /^(10\.0\.0\.\d+\n){10}resync\nsnapshot\n/,
  /^12\n$/,
  /^memory 1 \{ udp: 1 \}\n$/,
];

test.concurrent.for(
  programs.map(
    (text, i) => [text.split('\n').find(line => /client\.(\w+)|local|RemoteTable\.open/.test(line)), text, i] as const,
  ),
)('the program of the documentation runs: %s', async ([_, text, i], { onTestFinished }) => {
  const socket = join(folder, `${i}.sock`);
  await using server = await serve({
    table: tableOf(),
    listen: ['127.0.0.1:0', `unix:${socket}`],
    adminToken: 'secret-of-the-test',
    grace: 100,
  });
  const here = text.replaceAll('http://127.0.0.1:4680', server.url).replace('/run/conntrack/api.sock', socket);
  const { code } = await transform(here, { loader: 'ts' });
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
  onTestFinished(() => void program.kill());
  let said = '';
  const endless = text.includes('client.watch') && !text.includes('break;');
  for (const stream of [program.stdout, program.stderr])
    stream.on('data', chunk => {
      said += chunk;
      if (endless && SAID[i]!.test(said)) program.kill();
    });
  const ended = endless ? [null, 'SIGTERM'] : [0, null];
  expect([await once(program, 'exit'), said]).toEqual([ended, expect.stringMatching(SAID[i]!)]);
});
