import { resolveSrv } from 'node:dns/promises';
import { FleetError } from '../error.js';
import type { Inventory } from '../inventory.js';
import type { Member } from '../member.js';
import { type MemberAccess, memberAt } from './access.js';

/** How nodes are found in DNS. */
export interface SrvOptions {
  /** The name of the record: `_conntrack._tcp.edge.example`. */
  readonly name: string;
  /** Default: `https`. */
  readonly scheme?: 'http' | 'https';
  readonly tags?: readonly string[];
  /** Seconds between two look-ups. Default: 60. */
  readonly interval?: number;
}

const INTERVAL = 60;

/** Looks up a record. A test passes another function. */
export type ResolveSrv = (name: string) => Promise<readonly { readonly name: string; readonly port: number }[]>;

/** The nodes of a DNS SRV record. The name of a node is the first label of its host. */
export class SrvInventory implements Inventory {
  readonly #options: SrvOptions & { readonly access: MemberAccess };
  readonly #resolve: ResolveSrv;
  readonly #listeners = new Set<() => void>();
  #members = new Map<string, Member>();
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: SrvOptions & { readonly access: MemberAccess }, resolve: ResolveSrv) {
    this.#options = options;
    this.#resolve = resolve;
  }

  /** Looks up the record for the first time. @throws FleetError INVENTORY_INVALID */
  static async open(
    options: SrvOptions & { readonly access: MemberAccess },
    resolve: ResolveSrv = resolveSrv,
  ): Promise<SrvInventory> {
    const inventory = new SrvInventory(options, resolve);
    try {
      await inventory.refresh();
    } catch (error) {
      throw new FleetError('INVENTORY_INVALID', `cannot look up ${options.name}: ${(error as Error).message}`, {
        cause: error,
      });
    }
    const { interval = INTERVAL } = options;
    inventory.#timer = setInterval(() => void inventory.refresh().catch(() => {}), interval * 1000).unref();
    return inventory;
  }

  members(): readonly Member[] {
    return [...this.#members.values()];
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** Looks up the record again. If that fails, the nodes stay: a name server must not empty the fleet. */
  async refresh(): Promise<void> {
    const { name, scheme = 'https', tags = [], access } = this.#options;
    const found = await this.#resolve(name);
    if (found.length === 0) throw new Error('the record has no hosts');
    const members = new Map<string, Member>();
    for (const { name: host, port } of found) {
      const url = `${scheme}://${host.replace(/\.$/, '')}:${port}`;
      const id = host.split('.')[0]!.toLowerCase();
      // Two ports of one host are two nodes with one name: the fleet asks neither, and names it.
      members.set(url, this.#members.get(url) ?? memberAt({ id, url, tags }, access));
    }
    const isSame = members.size === this.#members.size && [...members.keys()].every(url => this.#members.has(url));
    this.#members = members;
    if (!isSame) for (const listener of this.#listeners) listener();
  }
}
