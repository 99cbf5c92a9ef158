/** Mixes a 32-bit value into a hash. */
export function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

/** Spreads the bits of a hash, so that its low bits select a bucket. */
export function finish(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Returns the smallest power of two that is not below a number. */
export const powerOfTwo = (least: number): number => 2 ** Math.max(0, Math.ceil(Math.log2(least)));
