// No picture of the table holds a flow that is gone, or misses one: whatever the kernel tells, and whatever the server goes through.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ConntrackClient, FlowIndex } from '@conntrack/client';
import { parseQuery } from '@conntrack/filter';
import { labAvailable, Namespace } from '@conntrack/lab';
import { Conntrack, type NewFlow } from '@conntrack/netlink';
import { ConntrackTable, KernelSource } from '@conntrack/table';
import { describe, expect, test } from 'vitest';
import { hashToken, type ServeOptions, serve } from '../../src/index.js';

const FLOWS = 300;
const MARK = 3;
const TOKEN = 'the-token-of-this-test';

const flow = (group: number, n: number): NewFlow => ({
  family: 'ipv4',
  protonum: 17,
  timeout: 600,
  mark: n % 4,
  original: { src: `10.${group}.${n >> 8}.${n & 255}`, dst: '192.0.2.1', sport: 1024, dport: 53 },
});
const groupOf = (group: number): NewFlow[] => Array.from({ length: FLOWS }, (_, n) => flow(group, n));

/** A namespace whose table changes, and a picture of that table. */
class Stage implements AsyncDisposable {
  readonly namespace = Namespace.create();
  readonly conntrack = Conntrack.open({ netns: this.namespace.fd });
  readonly index = new FlowIndex();
  readonly reasons = new Set<string | undefined>();
  readonly #mode: number;
  readonly #ended = new AbortController();
  #reading: Promise<void> | undefined;

  constructor(mode: number) {
    this.#mode = mode;
    this.namespace.sysctl('netfilter.nf_conntrack_events', mode);
  }

  /** Flows that were made while nobody listened: with mode 2 they never send an event. Mode 0 makes sure of that, as other listeners of this host count. */
  async createSilent(group: number): Promise<void> {
    if (this.#mode === 2) this.namespace.sysctl('netfilter.nf_conntrack_events', 0);
    await this.create(group);
    this.namespace.sysctl('netfilter.nf_conntrack_events', this.#mode);
  }

  async create(group: number): Promise<void> {
    for await (const each of this.conntrack.createMany(groupOf(group))) expect(each.outcome).toBe('done');
  }

  /** Ends flows that still exist. */
  async end(flows: readonly NewFlow[]): Promise<void> {
    for await (const { outcome } of this.conntrack.deleteMany(flows)) expect(['done', 'gone']).toContain(outcome);
  }

  /** Ends some flows of a group, and changes the mark of others to and from the watched one. */
  async change(group: number): Promise<void> {
    const flows = groupOf(group);
    await this.end(flows.filter((_, n) => n % 3 === 0));
    for (const [n, each] of flows.entries())
      if (n % 3 !== 0 && n % 5 === 0) await this.conntrack.update(each, { mark: (n % 4) + 1 });
  }

  watch(url: string, filter: string, token?: string): void {
    const client = new ConntrackClient({ url, ...(token !== undefined && { token }) });
    const { signal } = this.#ended;
    const records = client.watch(filter, { initial: true, signal, retry: { base: 20, max: 50 } });
    this.#reading = (async () => {
      for await (const record of records) {
        this.index.apply(record);
        if (record.type === 'gap') this.reasons.add(`gap ${record.where}`);
        if (record.type === 'destroy') this.reasons.add(record.reason);
      }
    })().catch(error => {
      if (!signal.aborted) throw error;
    });
  }

  /** Waits until the index has the same keys and marks as a dump of the kernel's table. */
  async settled(matches: (mark: number) => boolean): Promise<void> {
    const wanted: [string, number][] = [];
    for await (const { key, mark = 0 } of this.conntrack.list()) if (matches(mark)) wanted.push([key!, mark]);
    wanted.sort();
    expect(wanted.length).toBeGreaterThan(0);
    const pictured = (): unknown => {
      const { synced, flows } = this.index;
      return synced && [...flows].map(([key, { mark = 0 }]) => [key, mark]).sort();
    };
    await expect.poll(() => JSON.stringify(pictured())).toBe(JSON.stringify(wanted));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#reading;
    this.conntrack.close();
    this.namespace.close();
  }
}

const WATCHED = [
  ['without a filter', '', undefined, () => true],
  ['with a filter', `mark=${MARK}`, undefined, (mark: number) => mark === MARK],
  ['with the filter of a token', '', TOKEN, (mark: number) => mark === MARK],
] as const;
const MODES = [2, 1] as const;
const CASES = MODES.flatMap(mode => WATCHED.map(([name, ...rest]) => [mode, name, ...rest] as const));

const OPTIONS: Partial<ServeOptions> = {
  anonymous: 'read',
  grace: 100,
  tokens: [
    {
      name: 'tenant',
      sha256: hashToken(TOKEN),
      scopes: ['flows:read', 'flows:watch'],
      filter: parseQuery(`mark=${MARK}`).filter,
    },
  ],
};

/** Serves the namespace's table in this process. */
async function serverOf({ namespace }: Stage, listen: string, eventLimits: ServeOptions['eventLimits']) {
  const table = new ConntrackTable(await KernelSource.open({ netns: namespace.fd }));
  const server = await serve({ ...OPTIONS, table, listen, eventLimits: { checkInterval: 50, ...eventLimits } });
  return {
    url: server.url,
    async close() {
      await server.close();
      table.close();
    },
  };
}

/** Serves the table of its own namespace in a process that can be killed. */
const PROGRAM = `
  import { hashToken, serve } from '@conntrack/api';
  import { parseQuery } from '@conntrack/filter';
  import { ConntrackTable, KernelSource } from '@conntrack/table';
  const table = new ConntrackTable(await KernelSource.open({ netns: process.argv[1] }));
  const filter = parseQuery('mark=${MARK}').filter;
  const tokens = [{ name: 'tenant', sha256: hashToken('${TOKEN}'), scopes: ['flows:read', 'flows:watch'], filter }];
  const eventLimits = { checkInterval: 50 };
  const server = await serve({ table, listen: process.argv[2], anonymous: 'read', tokens, eventLimits });
  console.log(server.url);
  process.stdin.on('end', () => process.exit()).resume();
`;

async function processOf({ namespace }: Stage, listen: string): Promise<{ child: ChildProcess; url: string }> {
  const tsx = ['--import', 'tsx', '--conditions=@conntrack/source', '--input-type=module', '-e', PROGRAM];
  const child = spawn(process.execPath, [...tsx, namespace.path, listen], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
  const [url] = (await once(createInterface(child.stdout!), 'line')) as [string];
  return { child, url };
}

const missing = labAvailable();
describe.skipIf(missing !== undefined)(`an index never keeps ended flows (${missing ?? 'real'})`, () => {
  test.each(CASES)(
    'with nf_conntrack_events=%s and %s, an index has no ended flows after the server restarts',
    async (mode, _, filter, token, matches) => {
      await using stage = new Stage(mode);
      await stage.createSilent(1);
      const first = await serverOf(stage, '127.0.0.1:0', {});
      stage.watch(first.url, filter, token);
      await stage.settled(matches);
      await stage.create(2);
      await stage.change(1);
      await stage.change(2);
      await stage.settled(matches);
      // Flows that end while no server runs are noticed after the restart.
      await first.close();
      await stage.createSilent(3);
      await stage.end(groupOf(2).slice(150));
      const second = await serverOf(stage, new URL(first.url).host, {});
      await stage.change(3);
      await stage.settled(matches);
      await second.close();
    },
  );

  test.each(CASES)(
    'with nf_conntrack_events=%s and %s, an index has no ended flows after forced gaps',
    async (mode, _, filter, token, matches) => {
      await using stage = new Stage(mode);
      await stage.createSilent(1);
      const server = await serverOf(stage, '127.0.0.1:0', { buffer: 20 });
      stage.watch(server.url, filter, token);
      await stage.settled(matches);
      for (let group = 2; !stage.reasons.has('gap kernel'); group++) {
        await stage.create(group);
        await stage.change(group);
      }
      await stage.change(1);
      await stage.settled(matches);
      await server.close();
    },
  );

  test.each(CASES)(
    'with nf_conntrack_events=%s and %s, an index has no ended flows after kill -9',
    async (mode, _, filter, token, matches) => {
      await using stage = new Stage(mode);
      await stage.createSilent(1);
      const first = await processOf(stage, '127.0.0.1:0');
      stage.watch(first.url, filter, token);
      await stage.settled(matches);
      const changes = stage.change(1);
      first.child.kill('SIGKILL');
      await once(first.child, 'exit');
      await changes;
      await stage.create(2);
      const second = await serverOf(stage, new URL(first.url).host, {});
      await stage.change(2);
      await stage.settled(matches);
      await second.close();
    },
  );
});
