import { setTimeout as delay } from 'node:timers/promises';
import type { FlowRef } from '@conntrack/flow';
import { FlowEntry, type FlowIndex, type LookUp } from '@conntrack/index';
import type { TableSource } from '../source.js';

/** Look-ups in one batch. */
const LOT = 512;
/** Milliseconds of pause after a batch of regular look-ups: at most 20,000 a second. */
const PAUSE = 25;

type Looking = Pick<TableSource, 'getMany'>;

/** Looks entries up in the table, and applies what was found to the index. */
export class LookUps {
  readonly #source: Looking;
  readonly #index: FlowIndex;
  readonly #signal: AbortSignal;
  #draining: Promise<void> | undefined;

  constructor(source: Looking, index: FlowIndex, signal: AbortSignal) {
    this.#source = source;
    this.#index = index;
    this.#signal = signal;
  }

  /** Looks up all waiting entries, and entries that are added meanwhile. */
  drain(): Promise<void> {
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#index.queued > 0) await this.#look(this.#index.takeQueued(LOT));
  }

  /** Looks up all entries that may end without an event. */
  async sweepUncertain(): Promise<void> {
    for (let from = 1; this.#index.uncertain > 0; ) {
      const lot = this.#index.takeUncertain(from, LOT);
      const last = lot.at(-1);
      if (last === undefined) return;
      from = last.row + 1;
      const found = await this.#look(lot);
      // The pause is proportional to the entries that still exist: after a flush, all ends are found without pauses.
      await delay((PAUSE * found) / LOT, undefined, { signal: this.#signal, ref: false });
    }
  }

  /** Returns the number of entries that exist. */
  async #look(lot: readonly LookUp[]): Promise<number> {
    const cursor = this.#index.cursor(Uint32Array.from(lot, ({ row }) => row));
    const refs: FlowRef[] = [];
    // Every row of a look-up is alive in this turn of the event loop.
    while (cursor.next()) refs.push(cursor.ref());
    const flows = await this.#source.getMany!(refs, this.#signal);
    let found = 0;
    for (const [i, look] of lot.entries()) {
      const flow = flows[i];
      if (this.#index.check(look, flow && new FlowEntry(flow)) !== 'gone') found++;
    }
    return found;
  }
}
