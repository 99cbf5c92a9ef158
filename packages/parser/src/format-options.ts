import type { OptionKeys } from '@conntrack/flow';
import type { ExpectationFormatOptions } from './expectation-write.js';
import type { DetectedFormat, FormatOptions } from './formats.js';
import type { WriterOptions } from './presets.js';

type Detected = Pick<DetectedFormat, 'events'>;

/** The options of the writers. What `detectFormat` gives is allowed. */
export const FORMAT: OptionKeys<FormatOptions & Detected> = {
  format: ['proc', 'ip_conntrack', 'conntrack', 'save', 'xml', 'ndjson'],
  extended: 0,
  id: 0,
  timestamp: 0,
  ktimestamp: 0,
  labels: 0,
  compact: 0,
  timeZone: 0,
  now: 0,
  xmlStates: ['tcp', 'own'],
  whole: 0,
  events: 0,
};
export const EXPECTATION_FORMAT: OptionKeys<ExpectationFormatOptions & Detected> = {
  format: ['expectations', 'proc_expectations', 'xml', 'ndjson'],
  timestamp: 0,
  timeZone: 0,
  events: 0,
};
export const WRITER: OptionKeys<WriterOptions> = { now: 0, id: 0, ktimestamp: 0, labels: 0, columns: 0 };
export const STATS_FORMAT: OptionKeys<{ compact?: boolean | undefined } & Pick<DetectedFormat, 'format' | 'events'>> = {
  format: 0,
  compact: 0,
  events: 0,
};
