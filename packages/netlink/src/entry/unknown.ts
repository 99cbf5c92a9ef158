import { type Attribute, CONNTRACK_ATTRIBUTES } from '../wire/attributes.js';
import { rowOf } from '../wire/fields.js';
import { eachAttribute } from '../wire/walk.js';

/** What the attributes between two offsets have that the header's table does not, at any depth, by the numbers that lead there: `28`, `4.1.9`. */
export function unknownAttributes(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  rows: readonly Attribute[] = CONNTRACK_ATTRIBUTES,
): Record<string, string> | undefined {
  let found: Record<string, string> | undefined;
  const search = (known: readonly Attribute[], path: string, start: number, end: number): void =>
    eachAttribute(view, start, end, (type, at, stop) => {
      const attribute = rowOf(known, type);
      if (attribute === undefined) {
        found ??= {};
        found[path + type] = Buffer.from(bytes.subarray(at, stop)).toString('hex');
      } else if (attribute.nested !== undefined) search(attribute.nested, `${path}${type}.`, at, stop);
    });
  search(rows, '', from, to);
  return found;
}

/**
 * Which kinds of entries a stream has been seen to have unknown attributes in. The kernel puts the same into all entries of a protocol
 * that have the same attributes at the top: looking through the first of each kind tells of the others, and costs nothing for them.
 */
export class UnknownByKind {
  readonly #known = new Map<number, boolean>();
  #last = -1;
  #lastIs = false;

  /** @param presence a bit for each top-level attribute @param search whether this entry has any */
  hasUnknown(presence: number, protonum: number, search: () => boolean): boolean {
    const shape = presence * 256 + protonum;
    if (shape === this.#last) return this.#lastIs;
    let is = this.#known.get(shape);
    if (is === undefined) {
      is = search();
      this.#known.set(shape, is);
    }
    this.#last = shape;
    this.#lastIs = is;
    return is;
  }
}
