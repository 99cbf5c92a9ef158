import { readFileSync } from 'node:fs';
import { LabelMap } from '@conntrack/flow';
import { ParameterError } from '../errors.js';
import { strerror } from '../output/strerror.js';

/** Where xtables keeps the names of labels. */
const CONNLABEL_CONF = '/etc/xtables/connlabel.conf';

/** The names of labels; without the file there are none, which is said and is not a failure. */
export function loadLabelMap(path: string | undefined, warn: (line: string) => void): LabelMap | undefined {
  try {
    return new LabelMap(readFileSync(path ?? CONNLABEL_CONF, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    warn(`nfct_labelmap_new: ${strerror(code) ?? code}`);
    return undefined;
  }
}

/** Bits of a comma list of names. @throws ParameterError */
export function labelBits(text: string, map: LabelMap): number[] {
  return text.split(',').map(name => {
    const bit = map.bit(name);
    if (bit === undefined) throw new ParameterError(`unknown label '${name}'`);
    return bit;
  });
}
