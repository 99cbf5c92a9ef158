import { FlowObjectCursor } from '@conntrack/flow';
import { TCP_FLAGS } from '@conntrack/flow/codec';
import { parseNanoseconds } from '@conntrack/flow/text';
import type { EntryInput } from './entry-input.js';
import { RARE_NAMES } from './storage/rare.js';

const flagBits = (names: readonly (typeof TCP_FLAGS)[number][]): number =>
  names.reduce((bits, name) => bits | (1 << TCP_FLAGS.indexOf(name)), 0);

/** Reads `Flow` objects into an index. Move it to each flow, with the type of its event for {@link FlowIndex.event}. */
export class FlowEntry extends FlowObjectCursor implements EntryInput {
  tcpBytes(): number {
    const { wscale, flags } = this.flow().protoinfo ?? {};
    if (wscale?.original === undefined || wscale.reply === undefined || !flags?.original || !flags.reply) return -1;
    return (wscale.original << 24) | (wscale.reply << 16) | (flagBits(flags.original) << 8) | flagBits(flags.reply);
  }

  hasRare(): boolean {
    const flow = this.flow();
    const isTcp = this.tcpBytes() !== -1;
    return RARE_NAMES.some(
      name =>
        flow[name] !== undefined &&
        name !== 'start' &&
        !(isTcp && name === 'protoinfo') &&
        !(name === 'synproxy' && this.hasIdleSynproxy()),
    );
  }

  hasIdleSynproxy(): boolean {
    const { synproxy } = this.flow();
    return synproxy !== undefined && synproxy.isn === 0 && synproxy.its === 0 && synproxy.tsoff === 0;
  }

  startWord(half: 0 | 1): number {
    const { start } = this.flow();
    const nanoseconds = start === undefined ? 0n : (parseNanoseconds(start) ?? 0n);
    return Number((half === 0 ? nanoseconds >> 32n : nanoseconds) & 0xffffffffn);
  }
}
