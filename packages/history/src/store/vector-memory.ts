import type { DuckDBVector } from '@duckdb/node-api';

/** Memory with the values of a vector. */
interface Memory {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/**
 * Returns the memory behind a vector of numbers, times or addresses. The classes of `@duckdb/node-api` hold it in one of two members, and
 * offer no other way to read or fill a vector at once.
 */
export function memoryOf(vector: DuckDBVector): Memory {
  const { items, dataView } = vector as unknown as { items?: Memory; dataView?: Memory };
  const memory = items ?? dataView;
  if (memory === undefined) throw new TypeError(`a vector of ${vector.type.toString()} has no memory of numbers`);
  return memory;
}
