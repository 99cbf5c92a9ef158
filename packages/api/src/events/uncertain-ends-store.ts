import { decodeKey, encodeKey, type Flow, type FlowKey, protocolOf } from '@conntrack/flow';

/** Rows in a block. */
const BLOCK = 1024;
const KEY_V4 = 21;
const KEY_V6 = 45;

/** Rows of equal size in packed memory. A removed row is replaced by the last one. */
class Pool {
  readonly #key: number;
  readonly #size: number;
  readonly #blocks: Buffer[] = [];
  count = 0;

  constructor(key: number) {
    this.#key = key;
    this.#size = 2 * key + 4;
  }

  get bytes(): number {
    return this.#blocks.length * BLOCK * this.#size;
  }

  #at(index: number): [block: Buffer, at: number] {
    return [this.#blocks[Math.floor(index / BLOCK)]!, (index % BLOCK) * this.#size];
  }

  add(key: string, reply: string, digest: number): void {
    if (this.count === this.#blocks.length * BLOCK) this.#blocks.push(Buffer.allocUnsafeSlow(BLOCK * this.#size));
    const [block, at] = this.#at(this.count++);
    block.write(key.slice(PREFIX.length), at, 'base64url');
    block.write(reply.slice(PREFIX.length), at + this.#key, 'base64url');
    block.writeUInt32LE(digest, at + 2 * this.#key);
  }

  read(index: number): UncertainEntry {
    const [block, at] = this.#at(index);
    const text = (from: number): string => PREFIX + block.toString('base64url', from, from + this.#key);
    return { key: text(at), reply: text(at + this.#key), digest: block.readUInt32LE(at + 2 * this.#key) };
  }

  setDigest(index: number, digest: number): void {
    const [block, at] = this.#at(index);
    block.writeUInt32LE(digest, at + 2 * this.#key);
  }

  remove(index: number): void {
    const [to, place] = this.#at(index);
    const [from, last] = this.#at(--this.count);
    from.copy(to, place, last, last + this.#size);
    if (this.count <= (this.#blocks.length - 1) * BLOCK) this.#blocks.pop();
  }
}

const PREFIX = 'ct1.';

/** An entry that may end without an event. */
export interface UncertainEntry {
  /** The entry's key, and its reply tuple encoded as a key. */
  readonly key: string;
  readonly reply: string;
  /** A digest of all fields that an update event would report. */
  readonly digest: number;
}

/** FNV-1a over the fields that update events report: state, status, mark, labels, helper, security context. */
export function digestOf({ state, status, mark, labels, helper, secctx }: Flow): number {
  let hash = 0x811c9dc5;
  const text = `${state} ${status?.join()} ${mark} ${labels?.join()} ${helper} ${secctx}`;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The identity of the entry's flow, as its destroy event would report it. */
export function flowOf({ key, reply }: UncertainEntry): Flow {
  const { original, zone, replyZone, family, protonum, id } = decodeKey(key);
  const answer = decodeKey(reply).original;
  return {
    id,
    key,
    family,
    protocol: protocolOf(protonum).name,
    protonum,
    original,
    reply: replyZone === undefined ? answer : { ...answer, zone: replyZone },
    ...(zone !== undefined && { zone }),
  };
}

/** Entries that may end without an event, packed: 46 bytes for an IPv4 entry, 94 bytes for IPv6. */
export class UncertainEndsStore {
  readonly #pools = [new Pool(KEY_V4), new Pool(KEY_V6)] as const;

  get count(): number {
    return this.#pools[0].count + this.#pools[1].count;
  }

  get bytes(): number {
    return this.#pools[0].bytes + this.#pools[1].bytes;
  }

  /** Adds an entry. An entry without an id is ignored: it cannot be distinguished from its successor. */
  add(flow: Flow): void {
    const { key, id, family, protonum, reply } = flow;
    if (key === undefined || id === undefined) return;
    const { zone: _, ...original } = reply;
    const answer: FlowKey = { family, protonum, original, id };
    this.#pools[family === 'ipv4' ? 0 : 1].add(key, encodeKey(answer), digestOf(flow));
  }

  /**
   * Visits all entries, at most `most` at a time, from last to first. `visit` returns each entry's new digest, or
   * `undefined` to remove it. Entries that are added meanwhile are not visited.
   */
  async sweep(
    most: number,
    visit: (entries: readonly UncertainEntry[]) => Promise<(number | undefined)[]>,
  ): Promise<void> {
    for (const pool of this.#pools)
      for (let end = pool.count; end > 0; ) {
        const from = Math.max(0, end - most);
        const answers = await visit(Array.from({ length: end - from }, (_, i) => pool.read(from + i)));
        for (let index = end - 1; index >= from; index--) {
          const digest = answers[index - from];
          if (digest === undefined) pool.remove(index);
          else pool.setDigest(index, digest);
        }
        end = from;
      }
  }
}
