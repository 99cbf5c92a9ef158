// GRE keys in the notation of `%#x`.

const KEY = /^0x(?:0|[1-9a-f][\da-f]{0,3})$/;

/** Parses `0x0` to `0xffff`; returns −1 for other text. */
export const readKey = (text: string): number => (KEY.test(text) ? Number(text) : -1);

/** Formats a GRE key. */
export const formatKey = (key: number): string => `0x${key.toString(16)}`;
