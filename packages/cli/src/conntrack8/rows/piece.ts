import type { Piece } from '../output/bytes.js';

/** Stores a piece at an offset; up to seven bytes behind it are touched. Answers where the piece ends. */
export function putPiece(view: DataView, at: number, { words, length }: Piece): number {
  for (let i = 0; i < words.length; i++) view.setFloat64(at + i * 8, words[i]!, true);
  return at + length;
}
