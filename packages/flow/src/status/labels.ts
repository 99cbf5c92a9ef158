/** Connection labels are bits 0–127 (`XT_CONNLABEL_MAXBIT`, linux/netfilter/xt_connlabel.h). */
export const MAX_LABEL = 127;

/**
 * A label map in the format of `/etc/xtables/connlabel.conf` (connlabel.conf(5)): a line has a bit number and a name, `#` begins a comment.
 * Lines of any other form are passed over, as libnetfilter_conntrack does.
 */
export class LabelMap {
  readonly #bits = new Map<string, number>();
  readonly #names = new Map<number, string>();

  constructor(text = '') {
    for (const line of text.split('\n')) {
      const match = /^\s*(\d{1,3})\s+([^\s#]+)/.exec(line);
      const bit = Number(match?.[1]);
      if (match === null || bit > MAX_LABEL || this.#names.has(bit)) continue;
      this.#names.set(bit, match[2]!);
      this.#bits.set(match[2]!, bit);
    }
  }

  /** The bit of a name; `undefined` when the map has no such name. */
  bit(name: string): number | undefined {
    return this.#bits.get(name);
  }

  /** The name of a bit. */
  name(bit: number): string | undefined {
    return this.#names.get(bit);
  }

  /** The names, in bit order. */
  names(): string[] {
    return [...this.#names].sort(([one], [other]) => one - other).map(([, name]) => name);
  }
}
