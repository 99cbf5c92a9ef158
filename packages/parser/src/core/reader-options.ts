import type { OptionKeys } from '@conntrack/flow/checks';
import type { StreamOptions } from './options.js';

/** The options of the readers. */
export const READ: OptionKeys<StreamOptions> = {
  format: 0,
  mode: ['strict', 'tolerant'],
  onBadLine: 0,
  maxLineLength: 0,
  maxPairs: 0,
  labelMap: 0,
  timeZone: 0,
  signal: 0,
};
