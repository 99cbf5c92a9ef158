import { ascii } from './fixed-text.js';

const DIGITS = ascii('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
/** Two base64 digits for each twelve bits, as one little-endian number. Made with the first text: lines have no keys. */
let pairs = new Uint16Array(0);

function makePairs(): void {
  pairs = new Uint16Array(4096);
  for (let bits = 0; bits < 4096; bits++) pairs[bits] = DIGITS[bits >> 6]! | (DIGITS[bits & 63]! << 8);
}

/** Writes whole triples of bytes in base64url; returns the end of the text. */
export function putBase64(view: DataView, at: number, bytes: Uint8Array, length: number): number {
  if (pairs.length === 0) makePairs();
  let end = at;
  for (let i = 0; i < length; i += 3) {
    const triple = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
    view.setUint16(end, pairs[triple >>> 12]!, true);
    view.setUint16(end + 2, pairs[triple & 4095]!, true);
    end += 4;
  }
  return end;
}
