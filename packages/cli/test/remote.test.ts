// Every verb that works on a table does the same with a local table and with that of a server.
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { labAvailable, Namespace } from '@conntrack/lab';
import { describe, expect, it } from 'vitest';
import { VERBS } from '../src/grammar/names.js';
import { DEFINITIONS } from '../src/grammar/verbs/index.js';
import { SAMPLE } from '../src/sample.js';
import { ctctl, type Ran } from './ctctl.js';
import { serving } from './serving.js';

const TOKEN = 'a-token-that-is-long-enough';
const tuple = '-p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 53';

/** Command lines by verb. `KEY` is the key of one entry. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  list: [
    'list proto=udp',
    'list -o extended',
    'list -o csv proto=icmp',
    'list -o json proto=icmp',
    'list -o ndjson proto=icmp',
    'list -o save proto=icmp',
    'list -o xml proto=icmp',
    'list -o table',
    'list -o wide --sort -bytes --limit 5',
    'list -o name',
    'list -o table --fields src,dst,bytes',
    'list -o csv --fields src,dst,bytes proto=udp',
    'list --limit 3 proto=tcp',
    'list --sort nonsense',
    'list dport=99',
  ],
  get: ['get KEY', 'get KEY -o block', 'get ct1.AQAAAhHAAAIVxjNkNZz7ADX_____', `get ${tuple}`],
  lookup: ['lookup 203.0.113.7:40187', 'lookup 203.0.113.7:1', 'lookup 203.0.113.7 -o table'],
  count: ['count', 'count proto=udp', 'count --by proto', 'count --by src/24,dport -o csv'],
  create: [`create ${tuple} -t 60`, `create ${tuple} -t 60 -o ndjson`],
  update: ['update KEY --mark 7', 'update proto=udp --mark 7 --yes', 'update proto=udp --mark 7 --dry-run'],
  delete: [
    'delete KEY',
    'delete proto=udp --yes',
    'delete proto=udp --dry-run',
    'delete proto=tcp --max-affected 2 --yes',
    'delete proto=tcp --expect 2 --yes',
    'delete dport=99 --yes',
  ],
  drain: ['drain proto=udp --within 5s --yes', 'drain dport=99 --within 5s --yes'],
  reconcile: ['reconcile --scope proto=udp --keep-filter dport=53 --yes'],
  flush: ['flush --yes', 'flush --family ipv6 --yes'],
  stats: ['stats -o json'],
  doctor: ['doctor'],
  snapshot: ['snapshot proto=icmp', 'snapshot -o save proto=icmp'],
  restore: ['restore SAMPLE', 'restore SAMPLE --dry-run'],
};
/** Verbs whose output has no end, or is drawn: they have tests of their own. */
const ELSEWHERE = ['watch', 'top'];

it('every verb that works on a table is here', () => {
  const verbs = VERBS.filter(verb => DEFINITIONS[verb].table && !ELSEWHERE.includes(verb));
  expect(Object.keys(LINES).sort()).toEqual([...verbs].sort());
});

/** What must be the same: times, the names of sources and generated ids are left out. */
const compared = ({ code, stdout, stderr }: Ran): Ran => {
  const text = (from: string): string =>
    from.replaceAll(/"(start|stop|expires|id|key)":\s*("[^"]*"|\d+),?/g, '').replaceAll(/\bid=\d+|ct1\.[\w-]+/g, '');
  return { code, stdout: text(stdout), stderr: text(stderr) };
};

describe.each(Object.entries(LINES))('ctctl %s', (_, lines) => {
  it.each(lines)('%s does the same with a server', async line => {
    const local = ['--source', `memory:${SAMPLE}`];
    const key = (await ctctl(['list', 'sport=40187', '-o', 'name', ...local])).stdout.trim();
    const argv = line.split(' ').map(word => (word === 'KEY' ? key : word === 'SAMPLE' ? SAMPLE : word));
    const stdin = () => Readable.from([readFileSync(SAMPLE)]) as never;
    const expected = await ctctl([...argv, ...local], { stdin: stdin() });
    await serving(['--listen', '127.0.0.1:0', '--token', TOKEN], {}, async ({ urls: [url] }) => {
      const env = { CTCTL_SERVER: url, CTCTL_TOKEN: TOKEN };
      const remote = await ctctl(argv, { stdin: stdin(), env });
      expect(compared(remote)).toEqual(compared(expected));
    });
  });
});

it('the verbs that read do the same with a kernel and with its server', async context => {
  const unavailable = labAvailable();
  if (unavailable !== undefined) context.skip(unavailable);
  using namespace = Namespace.create();
  const kernel = ['--netns', namespace.path];
  for (const port of ['1', '2', '3'])
    await ctctl(['create', ...tuple.replace('--sport 1', `--sport ${port}`).split(' '), '-t', '6000', ...kernel]);
  const [key] = (await ctctl(['list', '-o', 'name', ...kernel])).stdout.split('\n');
  const lines = [
    ...['list', 'list -o csv', 'list -o xml', 'list -o table', 'list -o wide --sort sport', 'list sport=2', 'count'],
    ...['count --by sport', 'lookup 10.0.0.1:1', `get ${key}`, `get ${key} -o block`, `get ${tuple}`, 'snapshot'],
    ...['delete sport=1 --dry-run', 'update sport=1 --mark 5 --dry-run', 'stats -o json'],
  ];
  await serving(
    ['--source', 'kernel', ...kernel, '--listen', '127.0.0.1:0', '--token', TOKEN],
    {},
    async ({ urls: [url] }) => {
      const env = { CTCTL_SERVER: url, CTCTL_TOKEN: TOKEN };
      // Timeouts run down between both.
      const still = ({ stdout, ...rest }: Ran): Ran => ({
        ...rest,
        stdout: stdout.replaceAll(/\b(59\d\d|6000|1h39m|1h40m)\b/g, 'T'),
      });
      for (const line of lines) {
        const local = await ctctl([...line.split(' '), ...kernel]);
        expect({ line, ...still(await ctctl(line.split(' '), { env })) }).toEqual({ line, ...still(local) });
        expect(local.code, line).toBe(0);
      }
    },
  );
});
