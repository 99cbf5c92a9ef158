import type { RecordBatch } from './record.js';

/**
 * Something that recorded rows are written to: the store, a collector, files. A recorder gives each batch to all of its sinks.
 *
 * A sink must never delay the recorder, because unread events fill the kernel's buffers. So `write` returns at once, and a sink that cannot
 * keep up drops rows and counts them.
 */
export interface Sink {
  /** The name of the sink, for logs and metrics. */
  readonly name: string;
  /** Number of rows that were dropped so far, because the sink could not keep up or could not write. */
  readonly dropped: number;
  /** Takes the rows of a batch before it returns: the batch is not valid afterwards. Never throws, never waits. */
  write(batch: RecordBatch): void;
  /** Resolves when everything that was taken so far is written, or counted as dropped. */
  flush(): Promise<void>;
  /** Flushes, and frees what the sink holds. Can be called twice. */
  close(): Promise<void>;
}
