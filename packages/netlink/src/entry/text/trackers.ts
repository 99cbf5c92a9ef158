import { printableJson } from '@conntrack/flow/text';
import { CTA_SYNPROXY } from '../../wire/uapi.js';
import { Cache } from '../cache.js';
import { tcpInfoOf } from '../protoinfo.js';
import type { EntryReader } from '../reader.js';
import { putDecimal } from './digits.js';
import { type FixedText, fixedText, putFixed } from './fixed-text.js';

// Objects in an entry are JSON in all formats; CSV and XML write its quotes in their own way.

/** The member of a flow that the tracker of TCP's four bytes are, as the JSON value, with these quotes. */
export const tcpInfoTexts = (quote = '"', before = '', behind = ''): Cache<FixedText> =>
  new Cache(bytes => fixedText(`${before}${printableJson(tcpInfoOf(bytes)).replaceAll('"', quote)}${behind}`));

/** Where SYNPROXY's part of any entry begins: 0 where there is none, −1 where it has not its three values and nothing else. */
export function synproxyOf(entry: EntryReader): number {
  const at = entry.locate(CTA_SYNPROXY);
  if (at === 0) return 0;
  for (let number = 1; number <= 3; number++)
    if (entry.inside(CTA_SYNPROXY, number, 4) !== at + number * 8 - 4) return -1;
  return entry.stopOf(CTA_SYNPROXY) - at === 24 ? at : -1;
}

/** SYNPROXY's part as the JSON value, with these quotes. */
export class SynproxyText {
  readonly #names: readonly [FixedText, FixedText, FixedText];
  readonly #end: FixedText;

  constructor(quote = '"', before = '', behind = '') {
    const name = (text: string): string => `${quote}${text}${quote}:`;
    this.#names = [fixedText(`${before}{${name('isn')}`), fixedText(`,${name('its')}`), fixedText(`,${name('tsoff')}`)];
    this.#end = fixedText(`}${behind}`);
  }

  /** @param from where CTA_SYNPROXY's payload begins, which has all three values and nothing else */
  put(view: DataView, at: number, entry: DataView, from: number): number {
    const [isn, its, tsoff] = this.#names;
    let end = putDecimal(view, putFixed(view, at, isn), entry.getUint32(from + 4));
    end = putDecimal(view, putFixed(view, end, its), entry.getUint32(from + 12));
    end = putDecimal(view, putFixed(view, end, tsoff), entry.getUint32(from + 20));
    return putFixed(view, end, this.#end);
  }
}
