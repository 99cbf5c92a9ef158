import { readFileSync } from 'node:fs';
import { LabelMap } from '@conntrack/flow';
import { ParameterError } from '../errors.js';
import { strerror } from '../output/strerror.js';

/** The file with label names (xtables). */
const CONNLABEL_CONF = '/etc/xtables/connlabel.conf';

/** Reads the label names. Without the file there are none; a warning is printed, and the run continues. */
export function loadLabelMap(path: string | undefined, warn: (line: string) => void): LabelMap | undefined {
  try {
    return new LabelMap(readFileSync(path ?? CONNLABEL_CONF, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    warn(`nfct_labelmap_new: ${strerror(code) ?? code}`);
    return undefined;
  }
}

/** The bits of a comma-separated list of names. @throws ParameterError */
export function labelBits(text: string, map: LabelMap): number[] {
  return text.split(',').map(name => {
    const bit = map.bit(name);
    if (bit === undefined) throw new ParameterError(`unknown label '${name}'`);
    return bit;
  });
}
