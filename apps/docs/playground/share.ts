// The content of a link to the playground, after the `#`: browsers never send that part to a server.

/** What can be shared. */
export interface Shared {
  filter: string;
  /** An output format's name. */
  format: string;
  /** The conntrack text; absent if it is the sample, a file, or too long for a link. */
  text?: string | undefined;
}

/** Maximum number of characters in a link: some programs truncate longer links. */
export const MOST_SHARED_TEXT = 8192;

/** Returns the part after the `#`. */
export function toHash({ filter, format, text }: Shared): string {
  const pairs = new URLSearchParams({ filter, format });
  if (text !== undefined && text.length <= MOST_SHARED_TEXT) pairs.set('text', text);
  return pairs.toString();
}

/** Reads a `location.hash`, with or without its `#`. Missing members are absent. */
export function fromHash(hash: string): Partial<Shared> {
  const pairs = new URLSearchParams(hash.replace(/^#/, ''));
  const shared: Partial<Shared> = {};
  for (const name of ['filter', 'format', 'text'] as const) {
    const value = pairs.get(name);
    if (value !== null) shared[name] = value;
  }
  return shared;
}
