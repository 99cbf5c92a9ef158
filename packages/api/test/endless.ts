import { setTimeout as delay } from 'node:timers/promises';
import { type Flow, type FlowCursor, FlowObjectCursor, refOf } from '@conntrack/flow';
import { MemorySource, type RowBatch, type RowCursor, type ScanOptions, TableError } from '@conntrack/table';
import { tcpFlow } from './flows.js';

class Rows extends FlowObjectCursor implements RowCursor {
  #at = 0;
  constructor(readonly flows: readonly Flow[]) {
    super();
  }
  #allowed: (row: FlowCursor) => boolean = () => true;
  only(allowed: (row: FlowCursor) => boolean): this {
    this.#allowed = allowed;
    return this;
  }
  next(): boolean {
    for (;;) {
      const flow = this.flows[this.#at++];
      if (flow === undefined) return false;
      if (this.#allowed(this.move(flow))) return true;
    }
  }
  ref() {
    return refOf(this.flow());
  }
}

/** A table that never ends, and that counts how far it was read. */
export class EndlessSource extends MemorySource {
  batches = 0;
  /** Number of dumps that started, and of those that have not ended yet. */
  begun = 0;
  running = 0;
  ended = false;
  aborted = false;
  /** Number of batches after which the kernel returns an error. */
  failAfter = Number.POSITIVE_INFINITY;
  readonly #rows = Array.from({ length: 1000 }, (_, n) => tcpFlow(n));
  override async *scan({ signal }: ScanOptions): AsyncGenerator<RowBatch> {
    signal?.addEventListener('abort', () => {
      this.aborted = true;
    });
    this.begun++;
    this.running++;
    try {
      for (;;) {
        await delay(1);
        signal?.throwIfAborted();
        if (this.batches === this.failAfter) throw new TableError('SOURCE_FAILED', 'the dump broke off');
        this.batches++;
        yield { cursor: () => new Rows(this.#rows), isRepeated: (_: FlowCursor) => false };
      }
    } finally {
      this.ended = true;
      this.running--;
    }
  }
}
