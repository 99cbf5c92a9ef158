// The index follows a table whose events, dumps and look-ups it reads late and in any mixture. In the end, both are equal.
import type { Flow, FlowRef } from '@conntrack/flow';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { FlowIndex, type LookUp } from '../src/index.js';
import { inputOf, inputsOf, Kernel, type Shape, type Values } from './kernel.js';

/** Number of sequences; the long form is INDEX_RUNS=10000. */
const RUNS = Number(process.env.INDEX_RUNS ?? 1000);

const shape: fc.Arbitrary<Shape> = fc.record({
  family: fc.constantFrom('ipv4', 'ipv6'),
  protonum: fc.constantFrom(6, 17, 1, 47, 132, 50),
  client: fc.integer({ min: 1, max: 2 }),
  server: fc.integer({ min: 1, max: 2 }),
  port: fc.constantFrom(53, 443),
  zone: fc.constantFrom(0, 0, 7),
  zoned: fc.constantFrom('both', 'original', 'reply'),
  nat: fc.constantFrom(0, 0, 3, 4),
});
const values: fc.Arbitrary<Values> = fc.record({
  state: fc.nat(2),
  mark: fc.constantFrom(0, 5, 0xffffffff),
  labels: fc.constantFrom(0, 0, 3),
  bytes: fc.nat(1e6),
  assured: fc.boolean(),
});
type Step =
  | { do: 'begin' | 'create'; shape: Shape; values: Values; sameId: boolean; lost: boolean }
  | { do: 'update'; which: number; values: Values; lost: boolean }
  | { do: 'destroy' | 'replace'; which: number; sameId: boolean; nat: number; values: Values; lost: boolean }
  | { do: 'read'; count: number }
  | { do: 'dump'; sent: number; read: number; twice: boolean }
  | { do: 'lookUp' | 'answer' };
const stepOf = (lost: fc.Arbitrary<boolean>): fc.Arbitrary<Step> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('create' as const), shape, values, sameId: fc.boolean(), lost }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('update' as const), which: fc.nat(20), values, lost }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom('destroy' as const, 'replace' as const),
        which: fc.nat(20),
        sameId: fc.boolean(),
        nat: fc.constantFrom(0, 3),
        values,
        lost,
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const), count: fc.constantFrom(1, 2, 50) }) },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('dump' as const), sent: fc.nat(4), read: fc.nat(3), twice: fc.boolean() }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('lookUp' as const, 'answer' as const) }) },
  );

/** Without lost events nothing is repaired afterwards. */
const whole = stepOf(fc.constant(false));
const lossy = stepOf(fc.constantFrom(false, false, false, true));

/** Steps that begin with some entries in the table, which are older than the listener. */
const sequence = (step: fc.Arbitrary<Step>): fc.Arbitrary<Step[]> =>
  fc
    .tuple(
      fc.array(
        fc.record({
          do: fc.constant('begin' as const),
          shape,
          values,
          sameId: fc.constant(false),
          lost: fc.constant(false),
        }),
        { maxLength: 8 },
      ),
      fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }),
    )
    .map(([first, rest]) => [...first, ...rest]);

/** Reads a kernel into an index, a bit at a time. */
class Follower {
  readonly kernel = new Kernel();
  readonly index = new FlowIndex({ now: () => 0, capacity: 4 });
  /** Rows of the running dump that the kernel has sent, and places that it did not reach yet. */
  #sent: Flow[] = [];
  #ahead: string[] | undefined;
  #looked: { look: LookUp; found: Flow | undefined }[] = [];

  run(step: Step): void {
    const { kernel } = this;
    switch (step.do) {
      case 'begin':
        kernel.create(step.shape, step.values, false, false);
        kernel.events = [];
        break;
      case 'create':
        kernel.create(step.shape, step.values, step.sameId, step.lost);
        break;
      case 'update':
        kernel.update(step.which, step.values, step.lost);
        break;
      case 'destroy':
        kernel.destroy(step.which, step.lost);
        break;
      case 'replace': {
        const old = kernel.destroy(step.which, step.lost);
        if (old !== undefined) kernel.create(shapeOf(old, step.nat), step.values, step.sameId, step.lost, old.id);
        break;
      }
      case 'read':
        for (const event of kernel.events.splice(0, step.count)) this.index.event(event);
        break;
      case 'dump':
        this.#dump(step.sent, step.read, step.twice);
        break;
      case 'lookUp':
        this.lookUp(3);
        break;
      default:
        this.answer();
    }
  }

  /** The kernel walks a part of the table, and the index reads a part of what was sent: later than that. */
  #dump(sent: number, read: number, twice = false): void {
    const { kernel, index } = this;
    if (this.#ahead === undefined) {
      index.beginSweep();
      this.#ahead = [...kernel.entries.keys()];
      return;
    }
    for (const place of this.#ahead.splice(0, sent)) {
      const entry = kernel.entries.get(place);
      // A dump can show an entry twice, for example if the kernel changes the size of its hash table.
      if (entry !== undefined) this.#sent.push(...(twice ? [entry, entry] : [entry]));
    }
    index.presentAll(inputsOf(this.#sent.splice(0, read)));
    if (this.#ahead.length > 0 || this.#sent.length > 0) return;
    index.endSweep();
    this.#ahead = undefined;
  }

  lookUp(most: number): void {
    for (const look of this.index.takeQueued(most)) {
      const cursor = this.index.cursor(Uint32Array.of(look.row));
      cursor.next();
      this.#looked.push({ look, found: this.kernel.find(flowOfRef(cursor.ref())) });
    }
  }

  answer(): void {
    for (const { look, found } of this.#looked.splice(0)) this.index.check(look, found && inputOf(found));
  }

  /** Reads everything that is left. After lost events, it dumps the table again. */
  finish(): void {
    const { kernel, index } = this;
    do this.#dump(100, 100);
    while (this.#ahead !== undefined);
    for (const event of kernel.events.splice(0)) index.event(event);
    if (kernel.gap) {
      do this.#dump(100, 100);
      while (this.#ahead !== undefined);
    }
    this.answer();
    while (index.queued > 0) {
      this.lookUp(100);
      this.answer();
    }
  }
}

const flowOfRef = (ref: FlowRef): Flow => ({ ...ref, protocol: '', reply: { ...ref.reply! } }) as Flow;
const shapeOf = (flow: Flow, nat: number): Shape => {
  const host = (text: string): number => Number(/(\d+)$/.exec(text)![1]);
  const { original } = flow;
  return {
    family: flow.family,
    protonum: flow.protonum,
    client: host(original.src),
    server: host(original.dst),
    port: original.dport ?? original.id ?? original.srckey ?? 53,
    zone: flow.zone ?? original.zone ?? flow.reply.zone ?? 0,
    zoned: original.zone !== undefined ? 'original' : flow.reply.zone !== undefined ? 'reply' : 'both',
    nat,
  };
};

/** What events report of a flow: counters and the use count are those of the last dump. */
function told(flow: Flow): unknown {
  const { use: _, original, reply, status, ...rest } = flow;
  const bare = ({ packets: _p, bytes: _b, ...tuple }: Flow['original']): unknown => tuple;
  return { ...rest, status: [...status!], original: bare(original), reply: bare(reply) };
}

function flowsOf(index: FlowIndex): Flow[] {
  const flows: Flow[] = [];
  for (const cursor = index.cursor(); cursor.next(); ) flows.push(cursor.flow());
  return flows;
}

const byKey = (one: Flow, other: Flow): number => (one.key! < other.key! ? -1 : 1);

const becomesEqual = (steps: Step[]): void => {
  const follower = new Follower();
  for (const each of steps) follower.run(each);
  follower.finish();
  const expected = [...follower.kernel.entries.values()].sort(byKey);
  expect(flowsOf(follower.index).sort(byKey).map(told)).toEqual(expected.map(told));
  expect(follower.index.size).toBe(expected.length);
};

it('an index that reads events, dumps and look-ups in any mixture becomes equal to the table', () => {
  fc.assert(fc.property(sequence(whole), becomesEqual), { numRuns: RUNS });
});

it('an index that loses events becomes equal to the table with the next sweep', () => {
  fc.assert(fc.property(sequence(lossy), becomesEqual), { numRuns: RUNS });
});

it('after a sweep without events, every field is that of the dump, counters included', () => {
  fc.assert(
    fc.property(sequence(lossy), steps => {
      const follower = new Follower();
      for (const each of steps) follower.run(each);
      follower.finish();
      follower.index.beginSweep();
      for (const entry of follower.kernel.entries.values()) follower.index.present(inputOf(entry));
      follower.index.endSweep();
      expect(follower.index.queued).toBe(0);
      const expected = [...follower.kernel.entries.values()].sort(byKey);
      expect(flowsOf(follower.index).sort(byKey)).toEqual(expected);
    }),
    { numRuns: RUNS / 5 },
  );
});
