import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Percentage by which the heap may grow beyond the memory in use before V8 collects garbage. V8's default allows up to
 * 300 % while much is allocated.
 */
const GROWTH = 50;
/**
 * Bytes of bodies after which their garbage is collected. They are outside of the heap, which hardly grows meanwhile,
 * so V8 alone would wait for 32 MiB of them. A collection takes about a millisecond.
 */
const BODY_GARBAGE = 4 * 1024 * 1024;

/** Collects recently allocated garbage. Absent until {@link boundHeapGrowth} is called. */
let collect: (() => void) | undefined;
let bodyGarbage = 0;

function youngCollector(): (() => void) | undefined {
  // The function exists only in contexts that are created while the flag is set.
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('globalThis.gc') as ((options: { type: 'minor' }) => void) | undefined;
  setFlagsFromString('--no-expose-gc');
  return gc && (() => gc({ type: 'minor' }));
}

/**
 * Bounds the garbage that this process keeps. Reading and parsing large bodies makes much garbage, which V8 would let
 * grow to several times the memory in use. Call this once, before `serve`. `serve` does not do it because it changes V8
 * settings of the whole process.
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
  // V8 reads the flag whenever it computes the heap limit, so it takes effect at the next garbage collection.
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
  collect ??= youngCollector();
}

/** Counts bytes of a body that were read and are no longer needed. */
export function countBodyGarbage(bytes: number): void {
  bodyGarbage += bytes;
  if (bodyGarbage < BODY_GARBAGE) return;
  bodyGarbage = 0;
  collect?.();
}
