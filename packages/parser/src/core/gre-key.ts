// GRE's keys as `%#x` writes them.

const KEY = /^0x(?:0|[1-9a-f][\da-f]{0,3})$/;

/** `0x0` to `0xffff`; −1 when the text is none. */
export const readKey = (text: string): number => (KEY.test(text) ? Number(text) : -1);

/** A key as text. */
export const formatKey = (key: number): string => `0x${key.toString(16)}`;
