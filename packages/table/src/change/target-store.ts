import type { FlowCursor, FlowRef } from '@conntrack/flow';
import type { Evidence } from './successor.js';
import {
  hash,
  idAt,
  isChanged,
  LARGEST,
  readEvidence,
  readTarget,
  sameTuple,
  setChanged,
  sizeOf,
  writeEvidence,
  writeTarget,
} from './target-record.js';

/** Bytes to a block. Blocks are never copied: a store of a million targets grows by one of these at a time. */
const BLOCK = 64 * 1024;
/** A first block for plans of a few flows: most of them are. */
const FIRST_BLOCK = 1024;

interface Block {
  readonly view: DataView;
  used: number;
  records: number;
}

/** Where a target has its evidence. A symbol: to sources a target is a reference, and references have no other members. */
export const EVIDENCE = Symbol('evidence');

/** What a change is made on: what finds the entry, and in a strict plan what tells it from a successor. */
export interface Target extends FlowRef {
  readonly [EVIDENCE]?: Evidence;
}

/**
 * The connections that a plan is for, packed: 20 bytes for an IPv4 entry and 44 for an IPv6 one, 12 and 36 more where it is translated, and 32 more
 * for the evidence of a strict plan, in blocks that are never copied. A row is taken from its cursor as numbers; the object that a request needs is
 * built when its turn comes.
 */
export class TargetStore {
  readonly #blocks: Block[] = [];
  /** Whether it keeps what tells each target from a successor. */
  readonly strict: boolean;
  #count = 0;

  constructor({ strict = false }: { strict?: boolean } = {}) {
    this.strict = strict;
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** What the store takes up. */
  get bytes(): number {
    return this.#blocks.reduce((sum, { view }) => sum + view.byteLength, 0);
  }

  /** Take the row that the cursor stands on. */
  add(cursor: FlowCursor): void {
    let block = this.#blocks.at(-1);
    // Stryker disable next-line EqualityOperator: a block that is given up a record earlier holds the same targets
    if (block === undefined || block.view.byteLength - block.used < LARGEST) {
      const size = block === undefined ? FIRST_BLOCK : BLOCK;
      block = { view: new DataView(new ArrayBuffer(size)), used: 0, records: 0 };
      this.#blocks.push(block);
    }
    const { view, used } = block;
    writeTarget(view, used, cursor);
    // Stryker disable next-line ConditionalExpression: there is room for it, and only a strict store reads it
    if (this.strict) writeEvidence(view, used, cursor);
    block.used += sizeOf(view, used, this.strict);
    block.records++;
    this.#count++;
  }

  /** Forget all of them. */
  clear(): void {
    this.#blocks.length = 0;
    this.#count = 0;
  }

  /** The references, in the order they came, each built when it is asked for. */
  *refs(): Generator<Target> {
    for (const { view, at } of this.#places()) {
      const ref = readTarget(view, at);
      yield this.strict ? { ...ref, [EVIDENCE]: readEvidence(view, at) } : ref;
    }
  }

  /** Notes an outcome for each target, in order: call it once for each, true where the change was made. */
  marker(): (changed: boolean) => void {
    const places = this.#places();
    return changed => {
      const place = places.next().value;
      if (changed && place) setChanged(place.view, place.at);
    };
  }

  /**
   * A test whether a row has the tuple of a target that was changed, whatever its id; it answers the id that the target had (−1: none).
   * Costs 8 to 16 bytes for each target while it lives.
   */
  finder(): (cursor: FlowCursor) => { id: number } | undefined {
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, this.#count * 2)));
    const slots = new Uint32Array(size);
    const views = this.#blocks.map(({ view }) => view);
    // A slot is block × 64 KiB + offset, plus one: 0 is free.
    for (const { view, at, block } of this.#places())
      if (isChanged(view, at)) {
        let slot = hash(view, at) & (size - 1);
        while (slots[slot] !== 0) slot = (slot + 1) & (size - 1);
        slots[slot] = block * BLOCK + at + 1;
      }
    const scratch = new DataView(new ArrayBuffer(LARGEST));
    return cursor => {
      writeTarget(scratch, 0, cursor);
      for (let slot = hash(scratch, 0) & (size - 1); slots[slot] !== 0; slot = (slot + 1) & (size - 1)) {
        const place = slots[slot]! - 1;
        const view = views[Math.floor(place / BLOCK)]!;
        const at = place % BLOCK;
        if (sameTuple(scratch, 0, view, at)) return { id: idAt(view, at) };
      }
      return undefined;
    };
  }

  *#places(): Generator<{ view: DataView; at: number; block: number }, undefined> {
    for (const [block, { view, records }] of this.#blocks.entries())
      for (let at = 0, n = 0; n < records; n++) {
        const size = sizeOf(view, at, this.strict);
        yield { view, at, block };
        at += size;
      }
  }
}
