/** Rows that are sent together: NDJSON. */
export interface Batch {
  readonly chunks: Uint8Array[];
  bytes: number;
  rows: number;
  /** When the first and the last row were added, in milliseconds since 1970. */
  readonly from: number;
  to: number;
}

/** Rows that were dropped, because the broker took them too slowly. */
export interface Loss {
  readonly rows: number;
  readonly from: number;
  readonly to: number;
}

const newBatch = (now: number): Batch => ({ chunks: [], bytes: 0, rows: 0, from: now, to: now });

/** Rows that wait for the broker, in batches. If they exceed a limit, the oldest batch is dropped and counted. */
export class Backlog {
  readonly #limit: number;
  readonly #batchBytes: number;
  readonly #batches: Batch[] = [];
  #bytes = 0;
  #loss: Loss | undefined;
  /** Rows that were dropped so far. */
  dropped = 0;

  /** Makes a backlog. @param limit maximum bytes of all batches; @param batchBytes bytes of a full batch */
  constructor(limit: number, batchBytes: number) {
    this.#limit = limit;
    this.#batchBytes = batchBytes;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the first batch is full: no more rows are added to it. */
  get hasFull(): boolean {
    return this.#batches.length > 1 || (this.#batches[0]?.bytes ?? 0) >= this.#batchBytes;
  }

  /** Adds rows. A call's rows stay together. */
  add(lines: Uint8Array, rows: number, now = Date.now()): void {
    let batch = this.#batches.at(-1);
    if (batch === undefined || batch.bytes + lines.length > this.#batchBytes) {
      batch = newBatch(now);
      this.#batches.push(batch);
    }
    batch.chunks.push(lines);
    batch.bytes += lines.length;
    batch.rows += rows;
    batch.to = now;
    this.#bytes += lines.length;
    // The newest batch stays: a gap is reported with it.
    while (this.#bytes > this.#limit && this.#batches.length > 1) this.#drop();
  }

  /** Removes and returns the first batch. */
  take(): Batch | undefined {
    const batch = this.#batches.shift();
    if (batch !== undefined) this.#bytes -= batch.bytes;
    return batch;
  }

  /** Returns what was dropped since the last call. */
  loss(): Loss | undefined {
    const loss = this.#loss;
    this.#loss = undefined;
    return loss;
  }

  #drop(): void {
    const { rows, from, to } = this.take()!;
    this.dropped += rows;
    this.#loss = { rows: (this.#loss?.rows ?? 0) + rows, from: this.#loss?.from ?? from, to };
  }
}
