import { type Directions, type ProtoInfo, TCP_FLAGS, type TcpFlag } from '../flow/flow.js';

/** Maximum number of shared objects, as a protection against hostile tables. A table has few different ones. */
const KEPT = 4096;
const known = /* @__PURE__ */ new Map<number, ProtoInfo>();

const directions = <T>(original: T, reply: T): Directions<T> => Object.freeze({ original, reply });
const flagsOf = (bits: number): readonly TcpFlag[] => Object.freeze(TCP_FLAGS.filter((_, bit) => (bits >> bit) & 1));

/**
 * Returns what the TCP tracker stores beside the state, as a frozen object that all flows with the same values share. `bytes`: window
 * scales of both directions, then flags of both, as the four bytes of one signed number.
 */
export function tcpInfoOf(bytes: number): ProtoInfo {
  let info = known.get(bytes);
  if (info === undefined) {
    info = Object.freeze({
      wscale: directions(bytes >>> 24, (bytes >>> 16) & 255),
      flags: directions(flagsOf((bytes >>> 8) & 255), flagsOf(bytes & 255)),
    });
    if (known.size < KEPT) known.set(bytes, info);
  }
  return info;
}
