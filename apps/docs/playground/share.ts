// What a link to the playground carries, behind the `#`: browsers never send that part to a server.

/** What can be shared. */
export interface Shared {
  filter: string;
  /** An output format's name. */
  format: string;
  /** The conntrack text; absent where it is the sample, a file, or too long for a link. */
  text?: string | undefined;
}

/** Characters of text that fit in a link: some programs cut longer ones. */
export const MOST_SHARED_TEXT = 8192;

/** The part behind `#`. */
export function toHash({ filter, format, text }: Shared): string {
  const pairs = new URLSearchParams({ filter, format });
  if (text !== undefined && text.length <= MOST_SHARED_TEXT) pairs.set('text', text);
  return pairs.toString();
}

/** What a `location.hash` carries, with or without its `#`; what is missing is absent. */
export function fromHash(hash: string): Partial<Shared> {
  const pairs = new URLSearchParams(hash.replace(/^#/, ''));
  const shared: Partial<Shared> = {};
  for (const name of ['filter', 'format', 'text'] as const) {
    const value = pairs.get(name);
    if (value !== null) shared[name] = value;
  }
  return shared;
}
