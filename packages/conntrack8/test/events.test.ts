import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NewFlow } from '@conntrack/flow';
import { Conntrack } from '@conntrack/netlink';
import { beforeEach, describe, expect, it } from 'vitest';
import { cases, shown } from './case.js';
import { withoutForeignState } from './compare.js';
import { both, end, listenAll, quiet } from './listener.js';
import { createStage, trackingNamespace, uncomparable } from './stage.js';
import { fill, randomTable } from './tables.js';

const unavailable = uncomparable();
beforeEach(context => {
  if (unavailable !== undefined) context.skip(unavailable);
});

/** Removes values that depend on the moment of reading, or on a race in conntrack itself. */
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
  it('-E prints what conntrack(8) prints with any options, and a trailer on Ctrl-C', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const all = await listenAll(
      stage,
      namespace,
      WAYS.flatMap(({ argv }) => both(stage, ...argv)),
    );
    const pairs = WAYS.map((_, i) => all.slice(2 * i, 2 * i + 2));
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

  it('-E -o xml prints a complete document, even if it is interrupted', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const pair = await listenAll(stage, namespace, both(stage, '-E', '-o', 'xml,timestamp'));
    const conntrack = Conntrack.open({ netns: namespace.fd });
    await fill(conntrack, randomTable(6, 10));
    conntrack.close();
    await quiet(pair);
    expect(await end(pair, 'SIGTERM')).toEqual([0, 0]);
    // conntrack 1.4.7 prints text after </flow>, which makes its document invalid.
    const [theirs, ours] = pair.map(({ said }) =>
      still(said.stdout).map(line => withoutForeignState(line.replace(/ \[USERSPACE\].*$/, ''))),
    );
    expect(ours).toEqual(theirs);
    expect(ours!.at(-2)).toBe('</conntrack>');
  });

  it('-E -m 0 shows the end of an entry without a mark: difference event-mark', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const pair = await listenAll(stage, namespace, both(stage, '-E', '-m', '0'));
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

  it('-E escapes control characters in the name of the program that made a change: difference control-characters', async context => {
    const own = '/proc/self/comm';
    const name = readFileSync(own, 'utf8').trim();
    writeFileSync(own, 'a\u001b[31m\u009bb');
    context.onTestFinished(() => writeFileSync(own, name));
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const pair = await listenAll(
      stage,
      namespace,
      [[], ['-o', 'save'], ['-o', 'xml']].map(output => [stage.ours, '-E', ...output] as const),
    );
    const conntrack = Conntrack.open({ netns: namespace.fd });
    await conntrack.create(burst(1));
    await quiet(pair);
    conntrack.close();
    expect(await end(pair)).toEqual([0, 0, 0]);
    expect(pair[0]!.said.stdout).toContain(' progname=a\\x1b[31m\\x9bb\n');
    for (const { said } of pair) expect(said.stdout).not.toMatch(/(?!\n)\p{Cc}/u);
  });

  it('-E prints only the trailer if nothing happened', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    for (const argv of [['-E'], ['-E', '-o', 'xml'], ['-E', 'expect']]) {
      const pair = await listenAll(stage, namespace, both(stage, ...argv));
      expect(await end(pair)).toEqual([0, 0]);
      expect(pair[1]!.said).toEqual(pair[0]!.said);
    }
  });

  it('-E loses nothing of a burst with its default settings', async () => {
    const COUNT = 60_000;
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const pair = await listenAll(stage, namespace, both(stage, '-E', '-e', 'NEW'));
    const conntrack = Conntrack.open({ netns: namespace.fd });
    for await (const { outcome } of conntrack.createMany(many(COUNT))) expect(outcome).toBe('done');
    conntrack.close();
    await quiet(pair);
    expect(await end(pair)).toEqual([0, 0]);
    const [, ours] = pair;
    expect(ours!.said.stderr).toBe(`conntrack v1.4.7 (conntrack-tools): ${COUNT} flow events have been shown.\n`);
    expect(ours!.said.stdout.split('\n').length - 1).toBe(COUNT);
  });

  it('-E reports lost events once for each gap, and continues', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const ours = (await listenAll(stage, namespace, [[stage.ours, '-E', '-b', '100000']]))[0]!;
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

  it('-E ends when its reader goes away', async () => {
    await using stage = await createStage();
    using namespace = await trackingNamespace();
    const ours = (await listenAll(stage, namespace, [[stage.ours, '-E']]))[0]!;
    ours.child.stdout!.destroy();
    const closed = once(ours.child, 'close');
    const conntrack = Conntrack.open({ netns: namespace.fd });
    // The first write fails at the latest.
    for (let i = 0; ours.child.exitCode === null && ours.child.signalCode === null; i++) {
      await conntrack.create(burst(i));
      await sleep(50);
    }
    conntrack.close();
    await closed;
    expect(ours.said.stderr).not.toMatch(/\n {4}at /);
  });
});
