import type { Session } from '../socket/session.js';
import { NetlinkError } from '../wire/error.js';
import { messages } from '../wire/message.js';
import * as U from '../wire/uapi.js';

/** Milliseconds between two looks at the entries that wait to report their end. */
const INTERVAL = 1000;

/** Default maximum of entries that wait. */
export const MAX_DYING = 20_000;

/**
 * Watches the ends that the kernel keeps for a reliable listener (NETLINK_BROADCAST_ERROR). An end that the listener had no room for is sent
 * again until it arrives. Until then its entry counts towards `nf_conntrack_max`, so the listener must give up before the table is full.
 */
export class ReliableEnds {
  /** Number of entries that waited at the last look. */
  dying = 0;
  readonly #session: Session;
  readonly #limit: number;
  readonly #giveUp: (error: NetlinkError) => void;
  readonly #ended = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  /** @param giveUp called once, if more than `limit` entries wait or the kernel does not say how many */
  constructor(session: Session, limit: number, giveUp: (error: NetlinkError) => void) {
    this.#session = session;
    this.#limit = limit;
    this.#giveUp = giveUp;
    this.#later();
  }

  #later(): void {
    this.#timer = setTimeout(() => void this.#look(), INTERVAL).unref();
  }

  async #look(): Promise<void> {
    try {
      this.dying = await this.#count();
      if (this.dying > this.#limit)
        throw new NetlinkError(
          'ENOBUFS',
          'events',
          `events failed: more than ${this.#limit} ended entries wait for a listener, so their ends are no longer kept and may be lost. Read events faster, or raise \`maxDying\``,
        );
    } catch (error) {
      if (this.#ended.signal.aborted) return;
      this.close();
      this.#giveUp(error as NetlinkError);
      return;
    }
    if (!this.#ended.signal.aborted) this.#later();
  }

  /** Counts the waiting entries, at most one part of the dump beyond the limit. */
  async #count(): Promise<number> {
    let count = 0;
    const { signal } = this.#ended;
    const dying = this.#session.dumpRequest('events', U.NFNL_SUBSYS_CTNETLINK, U.IPCTNL_MSG_CT_GET_DYING, signal);
    for await (const { buffer, length } of dying) {
      for (const { type } of messages(buffer, length)) if (type >> 8 === U.NFNL_SUBSYS_CTNETLINK) count++;
      if (count > this.#limit) break;
    }
    return count;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#ended.abort();
  }
}
