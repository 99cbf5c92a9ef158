// Plans during churn. The churner's list and conntrack(8), not this package, say which entries must remain.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Conntrack } from '@conntrack/netlink';
import { expect, it } from 'vitest';
import { filter } from '../../flows.js';
import { kernelTable, noKernel } from '../../namespace.js';
import { bystander, type Churned, isTranslated, type Round, successor, target } from './churn-entries.js';

/** Number of deletes: `CHURN_DELETES=200000` is the long form. */
const DELETES = Number(process.env.CHURN_DELETES ?? 6000);
const ROUND = Math.min(20_000, DELETES / 2);

const noOracle =
  spawnSync('conntrack', ['--version']).status === 0
    ? undefined
    : 'conntrack(8) is not installed, and tells what is left';

/** The name of an entry, equal for conntrack(8) and the numbers of the test. */
const name = (protonum: number, original: object, zone = 0): string => {
  const { src, dst, sport, dport } = original as Record<string, unknown>;
  return `${protonum} ${src}:${sport} ${dst}:${dport} ${zone}`;
};
const nameOf = ({ protonum, original, zone }: ReturnType<typeof target>): string => name(protonum, original, zone);

/** Entries by name, each with its mark and id, as conntrack(8) lists them. */
function parse(text: string): Map<string, { mark: number; id: number }> {
  const entries = new Map<string, { mark: number; id: number }>();
  for (const line of text.trimEnd().split('\n')) {
    const [, protonum, src, dst, sport, dport] =
      /^\w+ +(\d+) .*?src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/.exec(line) ?? [];
    if (protonum === undefined) throw new Error(`conntrack(8) wrote: ${line}`);
    const number = (word: string): number => Number(new RegExp(` ${word}=(\\d+)`).exec(line)?.[1] ?? 0);
    entries.set(name(Number(protonum), { src, dst, sport, dport }, number('zone')), {
      mark: number('mark'),
      id: number('id'),
    });
  }
  return entries;
}

/** The next message of the churner that matches. */
function answer<T>(child: ChildProcess, isIt: (message: unknown) => boolean): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      child.off('message', take).off('disconnect', ended);
      act();
    };
    const take = (message: unknown): void => {
      if (isIt(message)) settle(() => resolve(message as T));
    };
    const ended = (): void => settle(() => reject(new Error('the churner ended without an answer')));
    // Not 'exit', which may come before the last message.
    child.on('message', take).on('disconnect', ended);
  });
}

it('deletes during churn hit no other flow, and no successor with another id or backend', async ({ skip }) => {
  const reason = noKernel ?? noOracle;
  skip(reason !== undefined, reason);
  const made = await kernelTable();
  const writer = Conntrack.open({ netns: made.namespace.fd });
  const list = async () => {
    const { stdout, stderr, status } = await made.namespace.run('conntrack', ['-L', '-o', 'id']);
    if (status !== 0) throw new Error(stderr);
    return parse(stdout);
  };
  const churner = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--conditions=@conntrack/source',
      fileURLToPath(new URL('./churner.ts', import.meta.url)),
      made.namespace.path,
    ],
    { cwd: import.meta.dirname, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  try {
    const targetIds = new Map<number, number>();
    const replaced: Round['successors'][number][] = [];
    let changed = 0;
    for (let first = 0; changed < DELETES; first += ROUND) {
      const numbers = Array.from({ length: ROUND }, (_, i) => first + i);
      for await (const { outcome } of writer.createMany(numbers.map(target))) expect(outcome).toBe('done');
      const before = await list();
      for (const n of numbers) targetIds.set(n, before.get(nameOf(target(n)))!.id);
      const begun = answer(churner, message => message === 'begun');
      churner.send({ targets: [first, first + ROUND] });
      const plan = await made.table.plan(filter('mark=1'), 'delete', { maxAffected: ROUND });
      await begun;
      const result = await plan.execute();
      expect(result).toMatchObject({ failed: 0, notAttempted: 0, skipped: 0, changed: plan.count - result.gone });
      changed += result.changed;
      const told = answer<Round>(churner, message => typeof message === 'object' && message !== null);
      churner.send({ end: 'round' });
      replaced.push(...(await told).successors);
    }
    const told = answer<Churned>(churner, message => typeof message === 'object' && message !== null);
    churner.send({ end: 'all' });
    const { staying, changes, seconds } = await told;
    const left = await list();
    const lost = staying.filter(k => left.get(nameOf(bystander(k)))?.mark !== 9);
    const sameId = replaced.filter(([n, id]) => !isTranslated(n) && (id === undefined || id === targetIds.get(n)));
    const others = replaced.filter(each => !sameId.includes(each));
    const hit = others.filter(([n, id]) => id === undefined || left.get(nameOf(successor(n)))?.id !== id);
    const targets = [...left.values()].filter(({ mark }) => mark === 1);
    console.log(
      `${changed} deletes beside ${changes} changes (${Math.round(changes / seconds)} a second); ${staying.length} bystanders, ${others.length} successors with another id or backend, ${sameId.length} that are the target to the kernel`,
    );
    expect({ lost, hit, targets }).toEqual({ lost: [], hit: [], targets: [] });
    expect(staying.length).toBeGreaterThan(100);
    expect(others.filter(([n]) => isTranslated(n)).length).toBeGreaterThan(0);
    // If all successors had the id of their target, nothing would have been tested.
    expect(others.filter(([n]) => !isTranslated(n)).length).toBeGreaterThan(0);
  } finally {
    churner.kill();
    writer.close();
    made.close();
  }
}, 600_000);
