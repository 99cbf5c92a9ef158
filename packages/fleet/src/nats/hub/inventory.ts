import type { Inventory } from '../../inventory.js';
import { type Member, remoteMember } from '../../member.js';
import type { NodeInfo } from './roster.js';

/** What the inventory needs of the hub. */
export interface InventorySource {
  nodes(): readonly NodeInfo[];
  onChange(listener: () => void): () => void;
  fetchOf(node: string): typeof globalThis.fetch;
  close(): Promise<void>;
  readonly token: ((node: string) => string | Promise<string>) | undefined;
}

interface Known {
  readonly info: NodeInfo;
  readonly member: Member;
}

/** The inventory of a hub: the nodes that announced themselves, and the expected ones. */
export class PresenceInventory implements Inventory {
  readonly #source: InventorySource;
  /** Members are kept while nothing changed about them. */
  readonly #known = new Map<string, Known>();

  constructor(source: InventorySource) {
    this.#source = source;
  }

  members(): readonly Member[] {
    return this.#source.nodes().flatMap(info => {
      const member = this.#memberOf(info);
      return info.state === 'duplicate' ? [member, member] : [member];
    });
  }

  onChange(listener: () => void): () => void {
    return this.#source.onChange(listener);
  }

  close(): void {
    void this.#source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#source.close();
  }

  #memberOf(info: NodeInfo): Member {
    const { id, tags, version } = info;
    const known = this.#known.get(id);
    if (known !== undefined && known.info.version === version && known.info.tags.join() === tags.join())
      return known.member;
    const { token } = this.#source;
    const member = remoteMember({
      ...{ id, tags, url: `http://${id}`, fetch: this.#source.fetchOf(id) },
      ...(version !== undefined && { version }),
      ...(token && { token: () => token(id) }),
    });
    this.#known.set(id, { info, member });
    return member;
  }
}
