import { promises } from 'node:fs';
import { LabelMap } from '@conntrack/flow';
import { MAX_LABEL } from '@conntrack/flow/codec';
import { UsageError } from '../../process/usage-error.js';

/** The file with label names (connlabel.conf(5)). */
const LABEL_MAP = '/etc/xtables/connlabel.conf';

/**
 * Parses label bits from a comma-separated list of numbers and names. Names are looked up in connlabel.conf.
 *
 * @throws UsageError
 */
export async function labelBits(text: string, what: string): Promise<number[]> {
  if (text === '') return [];
  let map: LabelMap | undefined;
  const bits: number[] = [];
  for (const label of text.split(',')) {
    if (/^\d+$/.test(label) && Number(label) <= MAX_LABEL) {
      bits.push(Number(label));
      continue;
    }
    map ??= new LabelMap(await promises.readFile(LABEL_MAP, 'utf8').catch(() => ''));
    const bit = map.bit(label);
    if (bit === undefined)
      throw new UsageError(`${what}: '${label}' must be a bit from 0 to ${MAX_LABEL} or a name in ${LABEL_MAP}`);
    bits.push(bit);
  }
  return bits;
}
