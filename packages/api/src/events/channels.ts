import { Channel, type ChannelOptions, channelName } from './channel.js';
import type { Segment } from './segment.js';
import type { Selections } from './selections.js';

/** The channels of one run: one for all subscribers that ask for the same records in the same format. */
export class Channels {
  readonly #epoch: string;
  readonly #selections: Selections;
  readonly #known = new Map<string, Channel>();

  constructor(epoch: string, selections: Selections) {
    this.#epoch = epoch;
    this.#selections = selections;
  }

  /** Adds a subscriber to its channel. The first subscriber creates the channel. */
  enter(options: ChannelOptions): Channel {
    const name = channelName(options);
    let channel = this.#known.get(name);
    if (channel === undefined) {
      const { where, types } = options;
      channel = new Channel(this.#epoch, options, where && this.#selections.select(where, types));
      this.#known.set(name, channel);
      if (channel.selection !== undefined) channel.selection.users++;
    }
    channel.subscribers++;
    return channel;
  }

  /** Removes a subscriber from its channel. */
  leave(channel: Channel, options: ChannelOptions): void {
    if (--channel.subscribers > 0) return;
    this.#known.delete(channelName(options));
    const { selection } = channel;
    if (selection === undefined) return;
    selection.users--;
    selection.used = performance.now();
  }

  /** Makes a segment the newest one, in all channels. */
  turn(segment: Segment): void {
    for (const channel of this.#known.values()) channel.turn(segment);
  }
}
