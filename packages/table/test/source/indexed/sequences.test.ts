// Random operations on the real kernel: afterwards, the rows of the index are those of a dump.
import { type Flow, type NewFlow, refOf } from '@conntrack/flow';
import { Namespace } from '@conntrack/lab';
import { Conntrack, NetlinkError } from '@conntrack/netlink';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { KernelSource } from '../../../src/index.js';
import { IndexedSource } from '../../../src/source/indexed/indexed-source.js';
import { noKernel } from '../../namespace.js';
import { becomesEqual, rowsOf } from './rows.js';

/** Number of sequences; the long form is INDEXED_RUNS=10000. */
const RUNS = Number(process.env.INDEXED_RUNS ?? 25);
const SEED = process.env.INDEXED_SEED;

const address = (family: string, net: number, host: number): string =>
  family === 'ipv4' ? `10.${net}.0.${host}` : `2001:db8:${net}::${host}`;

const created: fc.Arbitrary<NewFlow> = fc
  .record({
    family: fc.constantFrom('ipv4' as const, 'ipv6' as const),
    kind: fc.constantFrom('tcp', 'ftp', 'udp', 'icmp', 'gre', 'sctp', 'udplite', 'esp'),
    client: fc.integer({ min: 1, max: 3 }),
    port: fc.constantFrom(53, 443),
    zone: fc.constantFrom(0, 0, 7),
    zoned: fc.constantFrom('both', 'original', 'reply'),
    /** The last numbers of the translated source and destination; 0: not translated. */
    nat: fc.constantFrom([0, 0], [0, 0], [3, 0], [0, 4], [3, 4]),
    mark: fc.constantFrom(0, 5, 0xffffffff),
    master: fc.boolean(),
  })
  .map(({ family, kind, client, port, zone, zoned, nat, mark, master }) => {
    const v4 = family === 'ipv4';
    const protonum = { tcp: 6, ftp: 6, udp: 17, icmp: v4 ? 1 : 58, gre: 47, sctp: 132, udplite: 136, esp: 50 }[kind]!;
    const src = address(family, 1, client);
    const dst = address(family, 2, 1);
    // The connection that expected others: see `master`.
    const ports = kind === 'ftp' ? { sport: 1, dport: 21 } : { sport: 1000 + client, dport: port };
    const answers = { sport: ports.dport, dport: ports.sport };
    const parts =
      kind === 'icmp'
        ? [
            { type: v4 ? 8 : 128, code: 0, id: client },
            { type: v4 ? 0 : 129, code: 0, id: client },
          ]
        : kind === 'gre'
          ? [
              { srckey: 0, dstkey: client },
              { srckey: client, dstkey: 0 },
            ]
          : kind === 'esp'
            ? [{}, {}]
            : [ports, answers];
    return {
      family,
      protonum,
      original: { src, dst, ...parts[0], ...(zone > 0 && zoned === 'original' && { zone }) },
      reply: {
        src: nat[1] === 0 ? dst : address(family, 8, nat[1]!),
        dst: nat[0] === 0 ? src : address(family, 9, nat[0]!),
        ...parts[1],
        ...(zone > 0 && zoned === 'reply' && { zone }),
      },
      timeout: 300,
      ...(mark > 0 && { mark }),
      ...(zone > 0 && zoned === 'both' && { zone }),
      ...((kind === 'tcp' || kind === 'ftp') && { state: 'ESTABLISHED' }),
      ...(kind === 'sctp' && { state: 'ESTABLISHED', protoinfo: { vtag: { original: 1, reply: 2 } } }),
      ...(master && kind === 'udp' && zone === 0 && { master: { family, protonum: 6, src, dst, sport: 1, dport: 21 } }),
    } satisfies NewFlow;
  });

type Step =
  | { do: 'create'; flow: NewFlow }
  | { do: 'delete'; which: number }
  | { do: 'replace'; which: number }
  | { do: 'update'; which: number; mark: number; assured: boolean }
  | { do: 'flush' }
  | { do: 'pass' }
  | { do: 'audit' };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('create' as const), flow: created }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'replace' as const), which: fc.nat(30) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('update' as const),
      which: fc.nat(30),
      mark: fc.constantFrom(0, 1, 2),
      assured: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('pass' as const, 'pass' as const, 'audit' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
);

/** The kernel refuses some combinations (a protocol without a tracker, a master that does not exist). Those change nothing. */
const refused = (error: unknown): void => {
  if (!(error instanceof NetlinkError)) throw error;
};

test.skipIf(noKernel !== undefined)(
  `after random operations the index has the rows of a dump (${noKernel ?? 'real kernel'})`,
  { timeout: 60_000 + RUNS * 5_000 },
  async context => {
    const namespace = Namespace.create();
    context.onTestFinished(() => namespace.close());
    const client = Conntrack.open({ netns: namespace.fd });
    context.onTestFinished(() => client.close());
    const source = await IndexedSource.open(await KernelSource.open({ netns: namespace.fd }), { refreshInterval: 0 });
    context.onTestFinished(() => source.close());
    const state = async () => (await source.capabilities()).index!;
    await expect.poll(async () => (await state()).state).toBe('live');

    const pick = async (which: number): Promise<Flow | undefined> => {
      const flows = await rowsOf(source, false);
      return flows[which % Math.max(1, flows.length)];
    };
    const audits: Promise<void>[] = [];
    const audit = async (): Promise<void> => {
      for await (const batch of source.scan({ copy: true, current: true })) batch.cursor();
    };
    const run = async (each: Step): Promise<void> => {
      if (each.do === 'create') return client.create(each.flow).then(() => {}, refused);
      if (each.do === 'flush') return client.flush({ all: true });
      if (each.do === 'pass') return new Promise(setImmediate);
      if (each.do === 'audit') {
        // A dump that runs while the table changes.
        audits.push(audit());
        return;
      }
      const flow = await pick(each.which);
      if (flow === undefined) return;
      const ref = refOf(flow);
      if (each.do === 'update') {
        const change = { mark: each.mark, ...(each.assured && { status: ['ASSURED' as const] }) };
        return client.update(ref, change).catch(refused);
      }
      await client.delete(ref).catch(refused);
      if (each.do === 'replace') {
        const { family, protonum, original, reply, zone } = flow;
        const { packets: _, bytes: __, ...bare } = original;
        const next = { family, protonum, original: bare, reply: { ...reply }, timeout: 60, ...(zone && { zone }) };
        await client.create(next).catch(refused);
      }
    };

    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async steps => {
        for (const each of steps) await run(each);
        await Promise.all(audits.splice(0));
        await becomesEqual(source);
        await client.flush({ all: true });
      }),
      { numRuns: RUNS, endOnFailure: true, ...(SEED !== undefined && { seed: Number(SEED) }) },
    );
    await expect.poll(async () => (await state()).entries).toBe(0);
    expect(await state()).toMatchObject({ state: 'live', gaps: 0, drift: 0 });
  },
);
