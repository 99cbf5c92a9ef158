/** Converts ASCII text to bytes. */
export function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** A fixed text, stored eight bytes at a time. */
export interface FixedText {
  /** The bytes in groups of eight, little-endian, as doubles; padded with zeros. ASCII never makes a NaN, whose bits would not be kept. */
  readonly words: Float64Array;
  /** The first group: most texts have no other. */
  readonly first: number;
  readonly length: number;
}

/** Makes a fixed text from ASCII. */
export function fixedText(text: string): FixedText {
  const bytes = new Uint8Array(Math.max(1, Math.ceil(text.length / 8)) * 8);
  bytes.set(ascii(text));
  const view = new DataView(bytes.buffer);
  const words = new Float64Array(bytes.length / 8);
  for (let i = 0; i < words.length; i++) words[i] = view.getFloat64(i * 8, true);
  return { words, first: words[0]!, length: text.length };
}

/** Writes a fixed text at an offset and returns its end. Up to seven bytes after it change too. */
export function putFixed(view: DataView, at: number, { words, first, length }: FixedText): number {
  view.setFloat64(at, first, true);
  for (let i = 1; i < words.length; i++) view.setFloat64(at + i * 8, words[i]!, true);
  return at + length;
}

/** Fixed texts by a small number, each made at its first use: a program that writes a few entries needs few of them. */
export function fixedTexts(textOf: (number: number) => string): (number: number) => FixedText {
  const made: (FixedText | undefined)[] = [];
  return number => {
    made[number] ??= fixedText(textOf(number));
    return made[number];
  };
}
