/** Memory that a thread receives into: bytes, and the place of each datagram in them. */
export interface Space {
  readonly buffer: Uint8Array;
  readonly datagrams: Int32Array;
}

/** Maximum number of kept spaces of one size: those of two or three dumps at the same time. Further ones are left to the garbage collector. */
const KEPT = 12;
/** Maximum number of datagrams in a space: as many events as fit, each of which is a datagram of about 200 bytes. */
const DATAGRAMS = 1280;

/**
 * A pool of spaces that finished dumps no longer need. Memory of this kind is garbage-collected late, and a server that lists all day would
 * look as if it leaked.
 */
export class SpacePool {
  readonly #kept = new Map<number, Space[]>();

  /** Returns a space of `size` bytes. It is not zeroed: only received bytes are ever read. */
  take(size: number): Space {
    return (
      this.#kept.get(size)?.pop() ?? {
        buffer: Buffer.allocUnsafeSlow(size),
        datagrams: new Int32Array(1 + 2 * DATAGRAMS),
      }
    );
  }

  /** Takes a space back. Nobody may use it any more, and no thread may write to it. */
  keep(space: Space): void {
    const size = space.buffer.length;
    const kept = this.#kept.get(size);
    if (kept === undefined) this.#kept.set(size, [space]);
    else if (kept.length < KEPT) kept.push(space);
  }
}
