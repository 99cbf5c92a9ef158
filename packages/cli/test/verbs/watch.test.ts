import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { labAvailable, Namespace } from '@conntrack/lab';
import { expect, it } from 'vitest';
import { run } from '../../src/index.js';
import { SAMPLE } from '../../src/sample.js';
import { ctctl } from '../ctctl.js';
import { BINARY } from '../pty.js';
import { serving, until } from '../serving.js';

const TOKEN = 'a-token-that-is-long-enough';
const tuple = ['-p', 'udp', '-s', '10.0.0.1', '-d', '10.0.0.2', '--sport', '1', '--dport', '53'];

it('a watch of a server shows entries that exist, and then events', async () => {
  await serving(['--listen', '127.0.0.1:0', '--token', TOKEN], {}, async ({ urls: [url] }) => {
    const env = { CTCTL_SERVER: url, CTCTL_TOKEN: TOKEN };
    const stdout = new PassThrough();
    let text = '';
    stdout.on('data', chunk => (text += chunk));
    const stream = () => new PassThrough();
    const ending = new AbortController();
    const watching = run(['watch', 'proto=udp,icmp', '--initial', '--limit', '3', '-o', 'ndjson'], {
      ...{ stdin: stream(), stdout, stderr: stream(), env, interactive: false, signal: ending.signal },
    });
    await until(() => text.split('\n').length > 20, 'the initial entries');
    await ctctl(['create', ...tuple, '-t', '60'], { env });
    await ctctl(['update', 'src=10.0.0.1', '--mark', '7', '--yes'], { env });
    await ctctl(['delete', 'src=10.0.0.1', '--yes'], { env });
    expect(await watching).toBe(0);
    const records = text
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(records.slice(0, -3).map(({ type }) => type)).toEqual(new Array(20).fill('initial'));
    expect(records.slice(-3)).toMatchObject([
      { type: 'new', flow: { original: { src: '10.0.0.1' } } },
      { type: 'update', flow: { mark: 7 } },
      { type: 'destroy', flow: { mark: 7 } },
    ]);
  });
});

it('a watch of the kernel prints lines of conntrack -E, and ends on Ctrl-C', async context => {
  const unavailable = labAvailable();
  if (unavailable !== undefined) context.skip(unavailable);
  using namespace = Namespace.create();
  const watching = spawn(process.execPath, [BINARY, 'watch', '--events', 'new,destroy', '--netns', namespace.path]);
  const ended = new Promise(resolve => watching.on('exit', resolve));
  let lines = 0;
  const seen: string[] = [];
  createInterface({ input: watching.stdout }).on('line', line => seen.push(line));
  // The subscription is active as soon as an event arrives.
  while (seen.length === 0) {
    const kernel = ['--netns', namespace.path];
    await ctctl(['create', ...tuple.slice(0, -3), String(++lines), '--dport', '53', '-t', '60', ...kernel]);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  await ctctl(['delete', 'proto=udp', '--yes', '--netns', namespace.path]);
  await until(() => seen.some(line => line.includes('[DESTROY]')), 'the end of a connection');
  watching.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(seen[0]).toMatch(/^ {4}\[NEW\] udp +17 60 src=10\.0\.0\.1 dst=10\.0\.0\.2 sport=\d+ dport=53 \[UNREPLIED\]/);
});

it.each([
  [['--events', 'begin'], /--events: must be a list of new, update, destroy, got 'begin'/],
  [['-o', 'xml'], /--output: unknown format 'xml'. Formats: table, text, ndjson/],
  [['--source', `file:${SAMPLE}`], /.*(events|changes)/],
])('a watch that is not possible is an error: %j', async (argv, said) => {
  const { code, stderr } = await ctctl(['watch', ...argv]);
  expect([code > 0, stderr]).toEqual([true, expect.stringMatching(said)]);
});
