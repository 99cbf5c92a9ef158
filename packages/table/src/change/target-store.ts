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

/** Size of a block in bytes. Blocks are never copied: a store of a million targets grows by one block at a time. */
const BLOCK = 64 * 1024;
/** Size of the first block, for plans of a few flows, which is what most plans are. */
const FIRST_BLOCK = 1024;

interface Block {
  readonly view: DataView;
  used: number;
  records: number;
}

/** Where a target has its evidence. It is a symbol, because for a source a target is a reference, and references have no other members. */
export const EVIDENCE = Symbol('evidence');

/** A target of a change: a reference to its entry and, in a strict plan, the evidence that distinguishes it from a successor. */
export interface Target extends FlowRef {
  readonly [EVIDENCE]?: Evidence;
}

/**
 * The targets of a plan, packed into blocks that are never copied. A target takes 20 bytes for IPv4 and 44 for IPv6, 12 and 36 more if it
 * is translated, and 32 more for the evidence of a strict plan.
 *
 * A row is read from its cursor as numbers. The object that a request needs is made when its turn comes.
 */
export class TargetStore {
  readonly #blocks: Block[] = [];
  /** Whether the store keeps the evidence that distinguishes each target from a successor. */
  readonly strict: boolean;
  #count = 0;

  constructor({ strict = false }: { strict?: boolean } = {}) {
    this.strict = strict;
  }

  /** Number of targets. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of memory that the store takes up. */
  get bytes(): number {
    return this.#blocks.reduce((sum, { view }) => sum + view.byteLength, 0);
  }

  /** Adds the row that the cursor stands on. */
  add(cursor: FlowCursor): void {
    let block = this.#blocks.at(-1);
    // Stryker disable next-line EqualityOperator: a block that ends one record earlier holds the same targets
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

  /** Removes all targets. */
  clear(): void {
    this.#blocks.length = 0;
    this.#count = 0;
  }

  /** Yields the references in the order in which they were added. Each is made when it is requested. */
  *refs(): Generator<Target> {
    for (const { view, at } of this.#places()) {
      const ref = readTarget(view, at);
      yield this.strict ? { ...ref, [EVIDENCE]: readEvidence(view, at) } : ref;
    }
  }

  /** Returns a function that records an outcome for each target. Call it once for each target, in order, with true if the change was made. */
  marker(): (changed: boolean) => void {
    const places = this.#places();
    return changed => {
      const place = places.next().value;
      if (changed && place) setChanged(place.view, place.at);
    };
  }

  /**
   * Makes a test whether a row has the tuple of a changed target, whatever its id. The test returns the id that the target had (−1: none).
   * It costs 8 to 16 bytes for each target during its lifetime.
   */
  finder(): (cursor: FlowCursor) => { id: number } | undefined {
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, this.#count * 2)));
    const slots = new Uint32Array(size);
    const views = this.#blocks.map(({ view }) => view);
    // A slot contains block × 64 KiB + offset, plus one. 0 means free.
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
