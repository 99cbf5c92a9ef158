// Proves the push-down list: whatever filter the encoder allows, the kernel compares it as its documentation here says.
import type { Flow, NewFlow, Tuple } from '@conntrack/flow';
import { invertTuple, statusMask } from '@conntrack/flow';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KernelFilter } from '../../src/index.js';
import { anyNewFlow } from '../arbitraries.js';
import { collect, privateTable } from '../support.js';

const few = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined, freq: 1 });

// Few values of each field, so that filters match some entries and not others.
const address = few('10.0.0.1', '10.0.0.2', '192.0.2.1');
const address6 = few('2001:db8::1', '2001:db8::2');
const port = few(0, 1, 443, 65_535);
const mark = few(0, 1, 0x10, 0x11, 0xffffffff);

const parts = (protonum: number | undefined): Record<string, fc.Arbitrary<number>> =>
  protonum === 1
    ? { type: few(8), code: few(0), id: port }
    : protonum === 6 || protonum === 17
      ? { sport: port, dport: port }
      : {};

const entry: fc.Arbitrary<NewFlow> = fc
  .record({ protonum: few(1, 6, 17, 132), family: few('ipv4' as const, 'ipv4' as const, 'ipv6' as const) })
  .chain(({ protonum, family }) => {
    const v6 = family === 'ipv6' && protonum !== 1;
    const ports = protonum === 1 ? parts(1) : { sport: port, dport: port };
    return fc
      .record({
        original: fc.record({ src: v6 ? address6 : address, dst: v6 ? address6 : address, ...ports }),
        mark,
        zone: few(0, 0, 1, 9),
        direction: few('both', 'both', 'original', 'reply'),
        status: fc.subarray(['SEEN_REPLY', 'ASSURED', 'FIXED_TIMEOUT'] as const),
      })
      .map(({ direction, zone, original, ...fields }) => ({
        ...(direction === 'both' && { zone }),
        original: { ...original, ...(direction === 'original' && { zone }) },
        ...(direction === 'reply' && { reply: { ...invertTuple(original as Tuple, protonum), zone } }),
        family: v6 ? ('ipv6' as const) : ('ipv4' as const),
        protonum,
        timeout: 600,
        ...(protonum === 6 && { state: 'ESTABLISHED' }),
        ...(protonum === 132 && { state: 'ESTABLISHED', protoinfo: { vtag: { original: 1, reply: 2 } } }),
        ...fields,
      })) as fc.Arbitrary<NewFlow>;
  });

const defined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;

const filter: fc.Arbitrary<KernelFilter> = few('ipv4' as const, 'ipv6' as const, undefined)
  .chain(family =>
    fc.tuple(fc.constant(family), family === undefined ? fc.constant(undefined) : some(few(1, 6, 17, 132))),
  )
  .chain(([family, protonum]) => {
    const tuple = fc
      .record(
        Object.fromEntries(
          Object.entries(
            family === undefined
              ? {}
              : {
                  ...(family === 'ipv4' && { src: address, dst: address }),
                  ...(family === 'ipv6' && protonum === 1 ? {} : parts(protonum)),
                },
          ).map(([name, value]) => [
            name,
            fc.option(value as fc.Arbitrary<string | number>, { nil: undefined, freq: 1 }),
          ]),
        ),
      )
      .map(defined) as fc.Arbitrary<Partial<Tuple>>;
    return fc
      .record({
        family: fc.constant(family),
        protonum: fc.constant(protonum),
        original: some(tuple),
        reply: some(tuple),
        marks: some(fc.tuple(mark, some(few(0x1, 0x10, 0xff, 0xffffffff, 0)))),
        statuses: some(fc.tuple(few(2, 4, 6, 0x400), some(few(2, 6, 0x406)))),
        zone: some(few(0, 1, 9, 77)),
      })
      .map(({ marks, statuses, ...rest }) =>
        defined({ ...rest, mark: marks?.[0], markMask: marks?.[1], status: statuses?.[0], statusMask: statuses?.[1] }),
      ) as fc.Arbitrary<KernelFilter>;
  });

const tupleMatches = (tuple: Tuple, wanted: Partial<Tuple> = {}): boolean =>
  Object.entries(wanted).every(([name, value]) => tuple[name as keyof Tuple] === value);

/** To the kernel an entry has one zone, whether it is that of both directions or of one. */
const zoneOf = ({ zone, original, reply }: Flow): number => zone ?? original.zone ?? reply.zone ?? 0;

/** The documented meaning of a `KernelFilter`. */
function matches(flow: Flow, wanted: KernelFilter): boolean {
  const status = statusMask(flow.status ?? []);
  const masked = (value: number, mask: number, expected: number): boolean => (value & mask) >>> 0 === expected;
  return (
    (wanted.family === undefined || flow.family === wanted.family) &&
    (wanted.protonum === undefined || flow.protonum === wanted.protonum) &&
    tupleMatches(flow.original, wanted.original) &&
    tupleMatches(flow.reply, wanted.reply) &&
    (wanted.mark === undefined || masked(flow.mark!, wanted.markMask ?? 0xffffffff, wanted.mark)) &&
    (wanted.status === undefined || masked(status, wanted.statusMask ?? wanted.status, wanted.status)) &&
    (wanted.zone === undefined || zoneOf(flow) === wanted.zone)
  );
}

/** Number of runs. Each needs a dump, and each dump walks the hash table. FUZZ selects the long form, FUZZ_RUNS gives a number. */
const runs = process.env.FUZZ === undefined ? Number(process.env.FUZZ_RUNS ?? 80) : 1500;

test('the kernel and user space agree on every filter that can be sent', async context => {
  const conntrack = privateTable(context);
  const { dump } = await conntrack.capabilities();
  await collect(conntrack.createMany(fc.sample(entry, { numRuns: 600, seed: 1 })));
  const flows = await collect(conntrack.list());
  expect(flows.length).toBeGreaterThan(200);
  let hits = 0;
  for (const wanted of fc.sample(filter, { numRuns: runs, seed: 2 })) {
    if (wanted.zone !== undefined && !dump.has('zone')) delete wanted.zone;
    const ids = (found: readonly Flow[]): number[] => found.map(({ id }) => id!).sort((a, b) => a - b);
    const expected = ids(flows.filter(flow => matches(flow, wanted)));
    if (expected.length > 0) hits++;
    expect([wanted, ids(await collect(conntrack.list({ filter: wanted })))]).toEqual([wanted, expected]);
  }
  expect(hits).toBeGreaterThan(runs / 5);
});

test('a flush leaves exactly what its filter does not match', async context => {
  const conntrack = privateTable(context);
  const { flush } = await conntrack.capabilities();
  const entries = fc.sample(entry, { numRuns: 300, seed: 4 });
  let [hits, refused] = [0, 0];
  for (const wanted of fc.sample(filter, { numRuns: runs / 2, seed: 5 })) {
    if (wanted.zone !== undefined && !flush.has('zone')) delete wanted.zone;
    await conntrack.flush({ all: true });
    await collect(conntrack.createMany(entries));
    const before = await collect(conntrack.list());
    try {
      await conntrack.flush(wanted);
    } catch (error) {
      // The scope selects nothing, or has a tuple that this kernel cannot flush by.
      expect(error).toMatchObject({ code: 'NOT_ENCODABLE' });
      expect(await conntrack.count()).toMatchObject({ count: before.length });
      refused++;
      continue;
    }
    const ids = (found: readonly Flow[]): number[] => found.map(({ id }) => id!).sort((a, b) => a - b);
    const left = before.filter(flow => !matches(flow, wanted));
    expect([wanted, ids(await collect(conntrack.list()))]).toEqual([wanted, ids(left)]);
    if (left.length < before.length) hits++;
  }
  expect(refused).toBeLessThan(runs / 4);
  expect(hits).toBeGreaterThan(runs / 10);
});

test('entries are read back as they were created', async context => {
  const conntrack = privateTable(context);
  for (const flow of fc.sample(anyNewFlow, { numRuns: 500, seed: 3 })) {
    const began = performance.now();
    await conntrack.create(flow, { replace: true });
    const { timeout, status = [], zone, ...rest } = flow;
    const made = await conntrack.get({ ...flow, ...(zone !== undefined && { zone }) });
    expect(made).toMatchObject(rest);
    expect(made!.zone ?? 0).toBe(zone ?? 0);
    expect(made!.status).toEqual(expect.arrayContaining([...status]));
    const lived = (performance.now() - began) / 1000;
    expect(made!.timeout!).toBeGreaterThanOrEqual(timeout - lived - 1);
    expect(made!.timeout!).toBeLessThanOrEqual(timeout + 1);
  }
});
