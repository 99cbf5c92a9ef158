import { setFlagsFromString } from 'node:v8';

/** Percent by which the heap may grow above what is in use before V8 collects garbage again. V8 alone lets it grow up to fourfold while much is allocated. */
const GROWTH = 50;

/**
 * Bounds the garbage that this process keeps: parsing large bodies makes much of it, which V8 would let pile up to several times the memory in use. A
 * program that runs a server calls it once, before `serve`. It is not part of `serve`, since it changes V8's settings for the whole process.
 *
 * @example
 * ```ts
 * import { boundHeapGrowth, serve } from '@conntrack/api';
 * import { openTable } from '@conntrack/table';
 *
 * boundHeapGrowth();
 * const server = await serve({ table: await openTable('kernel'), anonymous: 'read' });
 * ```
 */
export function boundHeapGrowth(): void {
  // V8 reads it whenever it computes how far the heap may grow, so that it counts from the next collection.
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
}
