/** Connection labels are bits 0–127 (`XT_CONNLABEL_MAXBIT`, linux/netfilter/xt_connlabel.h). */
export const MAX_LABEL = 127;

/**
 * A map of label names, in the format of `/etc/xtables/connlabel.conf` (connlabel.conf(5)): each line has a bit number and a name; `#`
 * begins a comment. Other lines are ignored, as in libnetfilter_conntrack.
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

  /** Returns the bit of a name; `undefined` if the map does not have the name. */
  bit(name: string): number | undefined {
    return this.#bits.get(name);
  }

  /** Returns the name of a bit; `undefined` if the map does not have the bit. */
  name(bit: number): string | undefined {
    return this.#names.get(bit);
  }

  /** Returns all names, in the order of their bits. */
  names(): string[] {
    return [...this.#names].sort(([one], [other]) => one - other).map(([, name]) => name);
  }
}
