import { keyBytes, writeKeyBytes, writeUsualKeyBytes } from '../key-bytes.js';
import type { Layout } from '../layout.js';
import type { EntryReader } from '../reader.js';
import { putBase64 } from './base64.js';
import { fixedText, putFixed } from './fixed-text.js';

const PREFIX = fixedText('ct1.');

/** Writes the key of any entry with an id. */
export const putKeyOf = (view: DataView, at: number, entry: EntryReader, id: number): number =>
  putBase64(view, putFixed(view, at, PREFIX), keyBytes, writeKeyBytes(entry, id));

/** Writes the key of an entry with this layout and an id. */
export const putKey = (view: DataView, at: number, layout: Layout, from: DataView): number =>
  putBase64(view, putFixed(view, at, PREFIX), keyBytes, writeUsualKeyBytes(from, layout));
