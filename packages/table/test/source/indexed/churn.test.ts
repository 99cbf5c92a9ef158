// The index while entries of every kind come, change and go, events are lost, and the index is closed and opened again.
import { type NewFlow, protocolOf } from '@conntrack/flow';
import { Namespace } from '@conntrack/lab';
import { type BatchOutcome, Conntrack } from '@conntrack/netlink';
import { expect, test } from 'vitest';
import { KernelSource } from '../../../src/index.js';
import { IndexedSource } from '../../../src/source/indexed/indexed-source.js';
import { noKernel } from '../../namespace.js';
import { becomesEqual } from './rows.js';

/** The long form is INDEX_CHURN_SECONDS=1800 INDEX_CHURN_GAPS=1000. */
const SECONDS = Number(process.env.INDEX_CHURN_SECONDS ?? 6);
const GAPS = Number(process.env.INDEX_CHURN_GAPS ?? 8);
const isLong = SECONDS > 60;
/** How often the index is closed, and opened again during the churn. */
const KILLS = isLong ? 20 : 2;
/** Events a second. */
const RATE = 20_000;
/** Events that the listener has room for. A batch of usual size fits; more than some batches at once do not. */
const ROOM = 400;
const BATCH = 50;
const SLOTS = 6000;

/** The entry of a slot: of each family, protocol, zone and translation, some. */
function entryOf(slot: number): NewFlow {
  const v4 = slot % 3 !== 0;
  const protonum = [17, 6, 132, v4 ? 1 : 58, 47, 17, 6][slot % 7]!;
  const [high, low] = [slot >> 8, slot & 255];
  const src = v4 ? `10.1.${high}.${low}` : `2001:db8:1::${high}:${low}`;
  const dst = v4 ? '10.2.0.1' : '2001:db8:2::1';
  const to = slot % 5 === 0 ? (v4 ? '10.9.0.1' : '2001:db8:9::1') : src;
  const { kind } = protocolOf(protonum);
  const parts =
    kind === 'icmp'
      ? [
          { type: v4 ? 8 : 128, code: 0, id: slot },
          { type: v4 ? 0 : 129, code: 0, id: slot },
        ]
      : kind === 'keys'
        ? [
            { srckey: 0, dstkey: slot },
            { srckey: slot, dstkey: 0 },
          ]
        : [
            { sport: 1000, dport: 53 },
            { sport: 53, dport: 1000 },
          ];
  const zoned = slot % 11;
  return {
    family: v4 ? 'ipv4' : 'ipv6',
    protonum,
    original: { src, dst, ...parts[0], ...(zoned === 1 && { zone: 7 }) },
    reply: { src: dst, dst: to, ...parts[1], ...(zoned === 2 && { zone: 7 }) },
    timeout: 600,
    mark: slot % 4,
    ...(zoned === 3 && { zone: 7 }),
    ...((protonum === 6 || protonum === 132) && { state: 'ESTABLISHED' }),
  };
}

/** Creates, changes and deletes entries: for a while more are created, and then more are deleted. */
class Churn {
  /** Changes of the table, each with an event. */
  events = 0;
  readonly #conntrack: Conntrack;
  readonly #absent = Array.from({ length: SLOTS }, (_, slot) => entryOf(slot));
  readonly #present: NewFlow[] = [];
  #turn = 0;

  constructor(conntrack: Conntrack) {
    this.#conntrack = conntrack;
  }

  async #count(outcomes: AsyncIterable<BatchOutcome>): Promise<void> {
    for await (const { outcome } of outcomes) if (outcome === 'done') this.events++;
  }

  async batch(size: number): Promise<void> {
    const turn = this.#turn++;
    const [absent, present] = [this.#absent, this.#present];
    const grows = Math.floor(turn / 100) % 2 === 0;
    const kind = turn % 5;
    if (kind === 1 || kind === 3) {
      const from = (turn * 611) % Math.max(1, present.length);
      await this.#count(this.#conntrack.updateMany(present.slice(from, from + size), { mark: turn % 7 }));
    } else if ((kind === 4) === grows) {
      // From the front: they have been there for the longest time.
      const ended = present.splice(0, size);
      absent.push(...ended);
      await this.#count(this.#conntrack.deleteMany(ended));
    } else {
      const created = absent.splice(0, size);
      present.push(...created);
      await this.#count(this.#conntrack.createMany(created));
    }
  }
}

test.skipIf(noKernel !== undefined)(
  `an index under churn, with lost events and a restarted listener, has the rows of a dump and no drift (${noKernel ?? 'real kernel'})`,
  { timeout: 120_000 + SECONDS * 3000 },
  async context => {
    const namespace = Namespace.create();
    context.onTestFinished(() => namespace.close());
    const conntrack = Conntrack.open({ netns: namespace.fd });
    context.onTestFinished(() => conntrack.close());
    const churn = new Churn(conntrack);
    const errors: unknown[] = [];
    const open = async (): Promise<IndexedSource> =>
      IndexedSource.open(await KernelSource.open({ netns: namespace.fd }), {
        buffer: ROOM,
        auditInterval: 500,
        checkInterval: 500,
        report: error => errors.push(error),
      });
    let source = await open();
    context.onTestFinished(() => source.close());
    const total = { gaps: 0, drift: 0, resyncs: 0, events: 0 };
    const leave = (): void => {
      const { gaps, drift, resyncs, events } = source.indexState();
      total.gaps += gaps;
      total.drift += drift;
      total.resyncs += resyncs;
      total.events += events;
      source.close();
    };
    const began = performance.now();
    const elapsed = (): number => (performance.now() - began) / 1000;
    let forced = 0;
    let killed = 0;
    let compared = 0;
    while (elapsed() < SECONDS || forced < GAPS || killed < KILLS) {
      await churn.batch(BATCH);
      const ahead = churn.events / RATE - elapsed();
      if (ahead > 0) await new Promise(resolve => setTimeout(resolve, ahead * 1000));
      if (forced < GAPS && elapsed() > (forced * SECONDS) / GAPS && source.indexState().state === 'live') {
        const { gaps } = source.indexState();
        while (source.indexState().gaps === gaps) await churn.batch(ROOM * 8);
        forced++;
      }
      if (killed < KILLS && elapsed() > ((killed + 0.5) * SECONDS) / KILLS) {
        leave();
        await churn.batch(BATCH);
        source = await open();
        killed++;
      }
      if (compared < killed && elapsed() > ((compared + 0.9) * SECONDS) / KILLS) {
        await becomesEqual(source);
        compared++;
      }
    }
    const seconds = elapsed();
    await becomesEqual(source);
    leave();
    const rate = Math.round(churn.events / seconds);
    if (isLong) console.log(JSON.stringify({ ...total, seconds: Math.round(seconds), killed, compared, rate }));
    expect(errors).toEqual([]);
    expect(total.gaps).toBeGreaterThanOrEqual(GAPS);
    expect(total.drift).toBe(0);
  },
);
