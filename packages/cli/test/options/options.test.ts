import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { VERBS } from '../../src/grammar/names.js';
import { program } from '../../src/grammar/program.js';
import { checkOptions, type Place } from '../../src/options/rules.js';
import { Output } from '../../src/output/output.js';
import type { Io } from '../../src/process/io.js';
import { SAMPLE } from '../../src/sample.js';
import { ctctl } from '../ctctl.js';

const SOURCES = ['kernel', 'procfs', 'file:x', 'memory:x', 'memory', 'auto'] as const;

type Effect = (place: Place) => boolean;

const always: Effect = () => true;
const from =
  (...sources: string[]): Effect =>
  ({ source }) =>
    sources.includes(source);
const without =
  (...others: string[]): Effect =>
  ({ given }) =>
    !others.some(other => given.has(other));
const all = (names: string): Record<string, Effect> => Object.fromEntries(names.split(' ').map(name => [name, always]));

const display = all('color no-color');
const local = without('server', 'context', 'fleet-file');
const ofFleet: Effect = ({ given }) => given.has('fleet-file');
const notOfFleet = without('fleet-file');
const remote: Effect = ({ given }) => given.has('server') || given.has('context');
const fleet: Readonly<Record<string, Effect>> = {
  'fleet-file': always,
  ...Object.fromEntries(['tag', 'deadline', 'allow-missing'].map(name => [name, ofFleet])),
};
const source: Readonly<Record<string, Effect>> = {
  source: local,
  netns: place => notOfFleet(place) && (remote(place) || from('kernel', 'auto')(place)),
  'skip-bad-lines': place => local(place) && from('procfs', 'file:x', 'memory:x')(place),
};
const table: Readonly<Record<string, Effect>> = {
  ...display,
  ...source,
  ...fleet,
  server: notOfFleet,
  'token-file': notOfFleet,
  context: without('server', 'fleet-file'),
};
const tuple = all('proto src dst sport dport icmp-type icmp-code icmp-id srckey dstkey');
const limits: Readonly<Record<string, Effect>> = {
  ...all('max-affected expect dry-run protect'),
  strict: ({ byKey, given }) => !byKey && !given.has('dry-run') && !given.has('show') && !given.has('output'),
  yes: without('dry-run'),
  first: ofFleet,
  'max-per-node': ofFleet,
};
/** The options that are filters, except those that a verb has with another meaning. */
const filters = (...without: string[]): Record<string, Effect> => {
  const names =
    'proto src dst sport dport reply-src reply-dst reply-port-src reply-port-dst src-nat dst-nat any-nat state status mark label zone family id';
  return Object.fromEntries(Object.entries(all(names)).filter(([name]) => !without.includes(name)));
};
const withBy: Effect = ({ given }) => given.has('by');
const tupleWords: Effect = ({ byKey }) => !byKey;

/** When each option has an effect, by verb and option. A new option needs a line here. */
const EFFECTS: Readonly<Record<string, Readonly<Record<string, Effect>>>> = {
  list: { ...table, ...filters(), ...all('output fields sort limit watch') },
  get: { ...table, ...tuple, output: always, zone: tupleWords, reply: tupleWords },
  create: {
    ...table,
    ...tuple,
    ...all('reply-src reply-dst reply-port-src reply-port-dst src-nat dst-nat timeout state status mark labels helper'),
    ...all('output orig-zone reply-zone'),
    zone: without('orig-zone', 'reply-zone'),
  },
  update: {
    ...table,
    ...filters('mark', 'status', 'label'),
    ...limits,
    ...all('mark timeout status labels label-add label-del detach-helper'),
    ...{ output: always, show: without('dry-run') },
  },
  delete: {
    ...table,
    ...filters(),
    ...limits,
    output: always,
    show: without('dry-run'),
    'include-own-session': always,
  },
  drain: { ...table, ...filters(), ...limits, ...all('within output include-own-session') },
  reconcile: { ...table, ...limits, ...all('scope keep keep-filter output include-own-session') },
  stats: { ...table, ...all('watch output') },
  doctor: { ...table, ...all('all output') },
  snapshot: { ...table, ...filters('family'), ...all('output file') },
  restore: { ...table, ...all('dry-run output skip-bad-lines') },
  convert: { ...display, ...all('to skip-bad-lines') },
  flush: { ...table, ...all('yes family zone mark') },
  lookup: { ...table, ...all('output limit') },
  watch: { ...table, ...filters(), ...all('output events initial limit') },
  explain: { ...display, ...filters(), output: always },
  fields: { ...display, output: always },
  count: { ...table, ...filters(), by: always, limit: withBy, output: withBy },
  top: {
    ...table,
    ...filters(),
    ...all('by metric distinct limit output'),
    index: place => local(place) && from('kernel', 'auto')(place),
    interval: without('metric', 'distinct', 'limit', 'output'),
  },
  // The rules of the server's other settings are in the schema of its configuration.
  serve: {
    source: place => notOfFleet(place) && (!place.given.has('demo') || from('kernel', 'auto')(place)),
    netns: place => without('demo', 'fleet-file')(place) && from('kernel', 'auto')(place),
    'skip-bad-lines': place => without('demo')(place) && source['skip-bad-lines']!(place),
    index: place => without('demo', 'fleet-file')(place) && from('kernel', 'auto')(place),
    'fleet-file': without('demo'),
    deadline: ofFleet,
    'allow-missing': ofFleet,
  },
  fleet: { ...display, ...fleet, output: always },
  // Which options belong to questions, and which to the recorder, depends on its words: see history.test.ts.
  history: {
    ...display,
    ...filters(),
    ...all(
      'server token-file dir at window since from to count top metric output fields sort limit days bytes nat keep',
    ),
    context: without('server'),
  },
  completion: display,
  config: { ...display, ...all('server token-file netns tls-ca tls-cert tls-key') },
  token: {
    ...display,
    hash: always,
    ...Object.fromEntries(['scopes', 'filter', 'expires'].map(name => [name, without('hash')])),
  },
};

const io = undefined as unknown as Io;
const verbs = program({ io, output: new Output(() => new PassThrough(), new AbortController().signal) }, () => '0', {
  code: 0,
}).commands;

describe('every option × source × verb × target × other option', () => {
  it.each(verbs.map(verb => [verb.name(), verb] as const))(
    '%s: an option has an effect or is rejected',
    (name, verb) => {
      const effects = EFFECTS[name]!;
      const options = verb.options.map(({ long }) => long!.slice(2));
      const judged = name === 'serve' ? Object.keys(effects) : options;
      expect(Object.keys(effects).sort()).toEqual([...judged].sort());
      for (const source of SOURCES)
        for (const byKey of [false, true])
          for (const option of judged)
            for (const other of [option, ...options]) {
              const given = new Map([option, other].map(each => [each, 'value']));
              const place = { verb: name, source, byKey, given };
              const fine = [...given.keys()].every(each => effects[each]?.(place) ?? true);
              const said = `${name} ${source} ${byKey ? 'KEY' : ''} ${[...given.keys()]}`;
              if (fine) expect(() => checkOptions(place), said).not.toThrow();
              else expect(() => checkOptions(place), said).toThrow(/^--[a-z-]+ does not apply here: \S/);
            }
    },
  );

  it('a bulk change prints either its result as JSON, or its entries', () => {
    for (const verb of ['delete', 'update']) {
      const check = (given: Record<string, unknown>) => () =>
        checkOptions({ verb, source: 'kernel', byKey: false, given: new Map(Object.entries(given)) });
      expect(check({ output: 'json', strict: true })).not.toThrow();
      expect(check({ output: 'ndjson', show: true })).not.toThrow();
      expect(check({ output: 'JSON', show: true })).toThrow('-o ndjson');
      expect(check({ output: 'ndjson', strict: true })).toThrow('one by one');
    }
  });
});

it('--netns with procfs is rejected with a way to see the table of the namespace', async () => {
  const { code, stderr } = await ctctl(['count', '--netns', 'blue', '--source', 'procfs']);
  expect(code).toBe(2);
  expect(stderr).toContain(
    "--netns does not apply here: /proc shows the network namespace of ctctl itself. Use --source kernel, or 'ip netns exec NAME ctctl …'",
  );
});

describe('options without an effect are rejected with code 2', () => {
  const memory = ['--source', `memory:${SAMPLE}`];
  const file = ['--source', `file:${SAMPLE}`];
  it.each([
    ['--show with --dry-run', ['update', 'proto=udp', '--mark', '1', '--show', '--dry-run', ...memory], '--show'],
    ['--yes with --dry-run', ['delete', 'proto=udp', '--yes', '--dry-run', ...memory], '--yes'],
    ['--skip-bad-lines with the kernel', ['list', '--skip-bad-lines'], '--skip-bad-lines'],
    ['--skip-bad-lines with an empty table', ['count', '--skip-bad-lines', '--source', 'memory'], '--skip-bad-lines'],
    ['--netns with a capture', ['list', '--netns', 'x', ...file], '--netns'],
    ['--netns with a table in memory', ['delete', 'proto=tcp', '--netns', 'x', ...memory], '--netns'],
    ['--netns with procfs', ['list', '--netns', 'x', '--source', 'procfs'], '--netns'],
    ['--zone with a key', ['get', 'ct1.x', '--zone', '5', ...memory], '--zone'],
    ['--reply with a key', ['get', 'ct1.x', '--reply', ...memory], '--reply'],
    ['--zone with --orig-zone', ['create', '-w', '1', '--orig-zone', '2', ...memory], '--zone'],
    ['--strict with a key', ['delete', 'ct1.x', '--strict', ...memory], '--strict'],
    ['--strict with --dry-run', ['update', 'proto=udp', '-m', '1', '--strict', '--dry-run', ...memory], '--strict'],
    ['--scopes with --hash', ['token', '--hash', '--scopes', 'flows:read'], '--scopes'],
    ['serve --netns with a capture', ['serve', '--netns', 'x', ...file], '--netns'],
    ['serve --skip-bad-lines with the kernel', ['serve', '--skip-bad-lines', '--check-config'], '--skip-bad-lines'],
    ['serve --demo with --source', ['serve', '--demo', ...file], '--source'],
    ['serve --demo with --netns', ['serve', '--demo', '--netns', 'x'], '--netns'],
  ])('an option without an effect is rejected: %s', async (_, argv, option) => {
    const { code, stdout, stderr } = await ctctl(argv);
    expect(stderr).toMatch(new RegExp(`^ctctl: ${option} does not apply here: `));
    expect([code, stdout]).toEqual([2, '']);
  });

  it.each([
    [
      'create with a mask in --mark',
      [
        'create',
        '-p',
        'tcp',
        '-s',
        '192.0.2.1',
        '-d',
        '192.0.2.2',
        '--sport',
        '1',
        '--dport',
        '2',
        '-m',
        '1/2',
        ...memory,
      ],
      '--mark',
    ],
    ['token --hash with a name', ['token', '--hash', 'ci'], '--hash'],
  ])('a value that the command cannot use is rejected with the option: %s', async (_, argv, option) => {
    const { code, stderr } = await ctctl(argv);
    expect([code, stderr]).toEqual([2, expect.stringContaining(option)]);
  });
});

describe('options before the verb', () => {
  it('the list of verbs matches the grammar', () =>
    expect([...VERBS].sort()).toEqual(verbs.map(verb => verb.name()).sort()));

  it.each([
    [['--source', `file:${SAMPLE}`, 'count']],
    [[`--source=file:${SAMPLE}`, '--skip-bad-lines', 'count', 'family=ipv4,ipv6']],
    [['--skip-bad-lines', 'count', '--source', `file:${SAMPLE}`]],
  ])('options before the verb belong to it: %j', async argv =>
    expect(await ctctl(argv)).toEqual({ code: 0, stdout: '68\n', stderr: '' }),
  );

  it('options without a verb are an error that lists the verbs', async () => {
    const { code, stderr } = await ctctl(['--netns', 'blue', 'lst']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^ctctl: a command is missing: .*Commands: list, get/)]);
  });
});

describe('environment variables for options', () => {
  const env = { CTCTL_SOURCE: `memory:${SAMPLE}` };

  it('an environment variable sets the source of every verb', async () => {
    expect(await ctctl(['count'], { env })).toEqual({ code: 0, stdout: '68\n', stderr: '' });
    expect((await ctctl(['count', '--source', 'memory'], { env })).stdout).toBe('0\n');
  });

  it('an environment variable sets the limit of a change', async () => {
    const limited = { ...env, CTCTL_MAX_AFFECTED: '5' };
    const { code, stderr } = await ctctl(['delete', 'proto=tcp'], { env: limited });
    expect([code, stderr]).toEqual([1, expect.stringContaining('at most 5 can be changed')]);
    expect((await ctctl(['delete', 'proto=tcp', '--max-affected', '50'], { env: limited })).code).toBe(0);
  });

  it('a variable without an effect is rejected by its own name', async () => {
    const { code, stderr } = await ctctl(['list'], { env: { ...env, CTCTL_NETNS: 'blue' } });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^ctctl: CTCTL_NETNS does not apply here: /)]);
  });

  it('an empty variable is ignored', async () =>
    expect((await ctctl(['count', '--source', `file:${SAMPLE}`], { env: { CTCTL_NETNS: '' } })).code).toBe(0));
});
