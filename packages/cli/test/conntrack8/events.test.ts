import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NewFlow } from '@conntrack/flow';
import { Conntrack } from '@conntrack/netlink';
import type { Namespace } from '@conntrack/netlink/lab';
import { beforeEach, describe, expect, it } from 'vitest';
import { cases, shown } from './case.js';
import { withoutForeignState } from './compare.js';
import { createStage, REAL, type Stage, trackingNamespace, uncomparable } from './stage.js';
import { fill, randomTable } from './tables.js';

const unavailable = uncomparable();
beforeEach(context => {
  if (unavailable !== undefined) context.skip(unavailable);
});

/** A program that listens, and all that it has said. */
interface Listener {
  readonly child: ChildProcess;
  readonly said: { stdout: string; stderr: string };
}

function listen(stage: Stage, namespace: Namespace, program: string, argv: readonly string[]): Listener {
  const child = stage.spawn(namespace, program, argv);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]!.setEncoding('utf8').on('data', (chunk: string) => {
      said[name] += chunk;
    });
  return { child, said };
}

/** Netfilter sockets in the namespace of a process that have joined a multicast group. */
const listening = (pid: number): number =>
  readFileSync(`/proc/${pid}/net/netlink`, 'latin1')
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(([, protocol, , groups]) => protocol === '12' && groups !== '00000000').length;

/** Waits until something holds. */
async function until(holds: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`in vain: ${what}`);
    await sleep(20);
  }
}

/** Waits until no more is said. */
async function quiet(listeners: readonly Listener[]): Promise<void> {
  for (let before = -1, now = 0; before !== now; ) {
    before = now;
    await sleep(250);
    now = listeners.reduce((sum, { said }) => sum + said.stdout.length, 0);
  }
}

/** Ends them as Ctrl-C does; the exit code of each. */
const end = (listeners: readonly Listener[], signal: NodeJS.Signals = 'SIGINT'): Promise<(number | string | null)[]> =>
  Promise.all(
    listeners.map(async ({ child }) => {
      const closed = once(child, 'close');
      child.kill(signal);
      const [code, by] = (await closed) as [number | null, string | null];
      return code ?? by;
    }),
  );

/** What depends on the moment of reading, or on a race of conntrack's own, is left out. */
const still = (text: string): string[] =>
  text
    .replace(/ progname=\S+/g, '')
    .replace(/^\[\d+\.\d+ *\]\t/gm, '[TIME]\t')
    .replace(/<when>.*?<\/when>/g, '<when/>')
    .split('\n');

const WAYS = cases(`
  -E
  -E conntrack
  --event
  -E -e NEW
  -E -e UPDATES,DESTROY
  -E -e dest
  -E -e all
  -E -o extended,id
  -E -o timestamp
  -E -o ktimestamp
  -E -o labels
  -E -o userspace
  -E -o save
  -E -p tcp
  -E -p tcp --dport 80
  -E -p udp -e NEW
  -E -p icmp --icmp-type 8
  -E -s 10.0.0.1
  -E -s 10.0.0.0/24 -f ipv4
  -E -f ipv6
  -E -m 3
  -E -w 5
  -E --orig-zone 5
  -E -l one
  -E -n
  -E -g 10.9.9.9
  -E -j
  -E -j 10.9.9.9
  -E -q 10.0.0.1 -o save -e NEW
  -E --reply-zone 7
  -E -s 2001:db8::/32 -d 2001:db8::99
`);

const burst = (i: number): NewFlow => ({
  family: 'ipv4',
  protonum: 17,
  original: { src: `10.1.${i >> 16}.1`, dst: '10.2.0.1', sport: i & 0xffff, dport: 53 },
  timeout: 600,
});

function* many(count: number): Generator<NewFlow> {
  for (let i = 0; i < count; i++) yield burst(i);
}

describe('-E', () => {
  it('prints what conntrack(8) prints, whatever is asked for, and a trailer on Ctrl-C', {
    timeout: 60_000,
  }, async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const pairs = WAYS.map(({ argv }) => [REAL, stage.ours].map(program => listen(stage, namespace, program, argv)));
    const all = pairs.flat();
    // Each has joined its groups: the real one has one socket for them, and so have we.
    await until(() => listening(all[0]!.child.pid!) >= all.length, 'all listen');
    const conntrack = Conntrack.open({ netns: namespace.fd });
    const flows = await fill(conntrack, randomTable(5, 20));
    for await (const flow of conntrack.list()) await conntrack.update(flow, { mark: 3 });
    await conntrack.flush({ all: true });
    conntrack.close();
    await quiet(all);
    expect(await end(all)).toEqual(all.map(() => 0));
    for (const [i, [theirs, ours]] of pairs.entries()) {
      const name = shown(WAYS[i]!);
      expect({ name, lines: still(ours!.said.stdout) }).toEqual({ name, lines: still(theirs!.said.stdout) });
      expect({ name, said: ours!.said.stderr }).toEqual({ name, said: theirs!.said.stderr });
    }
    expect(pairs[0]![1]!.said.stdout.split('\n').length).toBeGreaterThan(2 * flows.length);
  });

  it('prints XML, whole also when it is interrupted', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const pair = [REAL, stage.ours].map(program => listen(stage, namespace, program, ['-E', '-o', 'xml,timestamp']));
    await until(() => listening(pair[0]!.child.pid!) >= 2, 'both listen');
    const conntrack = Conntrack.open({ netns: namespace.fd });
    await fill(conntrack, randomTable(6, 10));
    conntrack.close();
    await quiet(pair);
    expect(await end(pair, 'SIGTERM')).toEqual([0, 0]);
    // What conntrack 1.4.7 writes behind </flow> makes its document invalid.
    const [theirs, ours] = pair.map(({ said }) =>
      still(said.stdout).map(line => withoutForeignState(line.replace(/ \[USERSPACE\].*$/, ''))),
    );
    expect(ours).toEqual(theirs);
    expect(ours!.at(-2)).toBe('</conntrack>');
  });

  it('shows the end of an entry without a mark to -m 0: difference event-mark', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const pair = [REAL, stage.ours].map(program => listen(stage, namespace, program, ['-E', '-m', '0']));
    await until(() => listening(pair[0]!.child.pid!) >= 2, 'both listen');
    const conntrack = Conntrack.open({ netns: namespace.fd });
    await conntrack.create(burst(1));
    await conntrack.create({ ...burst(2), mark: 5 });
    await conntrack.flush({ all: true });
    conntrack.close();
    await quiet(pair);
    expect(await end(pair)).toEqual([0, 0]);
    const tags = pair.map(({ said }) => said.stdout.match(/\[\w+\](?= udp)/g));
    expect(tags).toEqual([['[NEW]'], ['[NEW]', '[DESTROY]']]);
  });

  it('says nothing but the trailer when nothing happened', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    for (const argv of [['-E'], ['-E', '-o', 'xml'], ['-E', 'expect']]) {
      const pair = [REAL, stage.ours].map(program => listen(stage, namespace, program, argv));
      await until(() => listening(pair[0]!.child.pid!) >= 2, 'both listen');
      expect(await end(pair)).toEqual([0, 0]);
      expect(pair[1]!.said).toEqual(pair[0]!.said);
    }
  });

  it('loses nothing of a burst with its default settings', { timeout: 60_000 }, async () => {
    const COUNT = 60_000;
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const pair = [REAL, stage.ours].map(program => listen(stage, namespace, program, ['-E', '-e', 'NEW']));
    await until(() => listening(pair[0]!.child.pid!) >= 2, 'both listen');
    const conntrack = Conntrack.open({ netns: namespace.fd });
    for await (const { outcome } of conntrack.createMany(many(COUNT))) expect(outcome).toBe('done');
    conntrack.close();
    await quiet(pair);
    expect(await end(pair)).toEqual([0, 0]);
    const [, ours] = pair;
    expect(ours!.said.stderr).toBe(`conntrack v1.4.7 (conntrack-tools): ${COUNT} flow events have been shown.\n`);
    expect(ours!.said.stdout.split('\n').length - 1).toBe(COUNT);
  });

  it('says once for each gap that events were lost, and goes on', { timeout: 60_000 }, async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const ours = listen(stage, namespace, stage.ours, ['-E', '-b', '100000']);
    await until(() => listening(ours.child.pid!) >= 1, 'it listens');
    const conntrack = Conntrack.open({ netns: namespace.fd });
    ours.child.kill('SIGSTOP');
    for await (const { outcome } of conntrack.createMany(many(5000))) expect(outcome).toBe('done');
    ours.child.kill('SIGCONT');
    await quiet([ours]);
    await conntrack.create({ ...burst(70_000), mark: 4711 });
    conntrack.close();
    await quiet([ours]);
    expect(await end([ours])).toEqual([0]);
    expect(ours.said.stdout).toContain('mark=4711');
    expect(ours.said.stderr.match(/^WARNING: We have hit ENOBUFS! We are losing events\.$/gm)).toHaveLength(1);
    expect(ours.said.stderr).toContain('Please, check --buffer-size in conntrack(8) manpage.\n');
    expect(ours.said.stderr).toMatch(/\d+ flow events have been shown\.\n$/);
  });

  it('ends with its reader', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const ours = listen(stage, namespace, stage.ours, ['-E']);
    await until(() => listening(ours.child.pid!) >= 1, 'it listens');
    ours.child.stdout!.destroy();
    const closed = once(ours.child, 'close');
    const conntrack = Conntrack.open({ netns: namespace.fd });
    // The first write fails at the latest.
    for (let i = 0; i < 20 && ours.child.exitCode === null && ours.child.signalCode === null; i++) {
      await conntrack.create(burst(i));
      await sleep(50);
    }
    conntrack.close();
    await closed;
    expect(ours.said.stderr).not.toMatch(/\n {4}at /);
  });
});
