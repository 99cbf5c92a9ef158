import { tcpInfoOf } from '@conntrack/flow/codec';
import { printableJson } from '@conntrack/flow/text';
import { CTA_SYNPROXY } from '../../wire/uapi.js';
import { Cache } from '../cache.js';
import type { EntryReader } from '../reader.js';
import { putDecimal } from './digits.js';
import { type FixedText, fixedText, putFixed } from './fixed-text.js';

// Objects in an entry are JSON in all formats. CSV and XML escape its quotes in their own way.

/** Returns the JSON value of TCP's tracker (its four bytes), with the given quotes. */
export const tcpInfoTexts = (quote = '"', before = '', behind = ''): Cache<FixedText> =>
  new Cache(bytes => fixedText(`${before}${printableJson(tcpInfoOf(bytes)).replaceAll('"', quote)}${behind}`));

/** Returns the offset of an entry's SYNPROXY data; 0 if there is none, −1 if it does not have exactly its three values. */
export function synproxyOf(entry: EntryReader): number {
  const at = entry.locate(CTA_SYNPROXY);
  if (at === 0) return 0;
  for (let number = 1; number <= 3; number++)
    if (entry.inside(CTA_SYNPROXY, number, 4) !== at + number * 8 - 4) return -1;
  return entry.stopOf(CTA_SYNPROXY) - at === 24 ? at : -1;
}

/** Writes SYNPROXY's data as the JSON value, with the given quotes. */
export class SynproxyText {
  readonly #names: readonly [FixedText, FixedText, FixedText];
  readonly #end: FixedText;

  constructor(quote = '"', before = '', behind = '') {
    const name = (text: string): string => `${quote}${text}${quote}:`;
    this.#names = [fixedText(`${before}{${name('isn')}`), fixedText(`,${name('its')}`), fixedText(`,${name('tsoff')}`)];
    this.#end = fixedText(`}${behind}`);
  }

  /** @param from offset of the payload of CTA_SYNPROXY, which must have exactly its three values */
  put(view: DataView, at: number, entry: DataView, from: number): number {
    const [isn, its, tsoff] = this.#names;
    let end = putDecimal(view, putFixed(view, at, isn), entry.getUint32(from + 4));
    end = putDecimal(view, putFixed(view, end, its), entry.getUint32(from + 12));
    end = putDecimal(view, putFixed(view, end, tsoff), entry.getUint32(from + 20));
    return putFixed(view, end, this.#end);
  }
}
