import { type Attribute, CONNTRACK_ATTRIBUTES } from '../wire/attributes.js';
import { rowOf } from '../wire/fields.js';
import { eachAttribute } from '../wire/walk.js';

/** Finds the attributes between two offsets that are not in the table, at any depth. Their keys are the numbers on the way to them: `28`, `4.1.9`. */
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
 * Remembers which kinds of entries of a stream have unknown attributes. The kernel puts the same attributes into all entries of a protocol
 * that have the same top-level attributes. So the first entry of each kind answers for all others, at no cost for them.
 */
export class UnknownByKind {
  readonly #known = new Map<number, boolean>();
  #last = -1;
  #lastIs = false;

  /** @param presence one bit for each top-level attribute @param search returns whether this entry has unknown attributes */
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
