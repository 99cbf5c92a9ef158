import { FlowObjectCursor } from '@conntrack/flow';
import { type PackedEntry, packCursor, TCP_FLAGS } from '@conntrack/flow/codec';
import { parseNanoseconds } from '@conntrack/flow/text';
import type { EntryInput } from './entry-input.js';
import { RARE_NAMES } from './storage/rare.js';

const flagBits = (names: readonly (typeof TCP_FLAGS)[number][]): number =>
  names.reduce((bits, name) => bits | (1 << TCP_FLAGS.indexOf(name)), 0);

/** Reads `Flow` objects into an index. Move it to each flow, with the type of its event for {@link FlowIndex.event}. */
export class FlowEntry extends FlowObjectCursor implements EntryInput {
  pack(into: PackedEntry): void {
    packCursor(this, into);
    const flow = this.flow();
    into.tcp = this.#tcpBytes();
    const nanoseconds = flow.start === undefined ? 0n : (parseNanoseconds(flow.start) ?? 0n);
    into.startHigh = Number((nanoseconds >> 32n) & 0xffffffffn);
    into.startLow = Number(nanoseconds & 0xffffffffn);
    const { synproxy } = flow;
    into.idleSynproxy = synproxy !== undefined && synproxy.isn === 0 && synproxy.its === 0 && synproxy.tsoff === 0;
    into.rare = RARE_NAMES.some(
      name =>
        flow[name] !== undefined &&
        name !== 'start' &&
        !(name === 'protoinfo' && into.tcp !== -1) &&
        !(name === 'synproxy' && into.idleSynproxy),
    );
  }

  #tcpBytes(): number {
    const { wscale, flags } = this.flow().protoinfo ?? {};
    if (wscale?.original === undefined || wscale.reply === undefined || !flags?.original || !flags.reply) return -1;
    return (wscale.original << 24) | (wscale.reply << 16) | (flagBits(flags.original) << 8) | flagBits(flags.reply);
  }
}
