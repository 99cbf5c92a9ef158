// The formats that matching lines can be written in.
import type { FormatOptions } from '@conntrack/parser/format';

/** One choice of the page. */
export interface OutputFormat {
  /** Name of the format in links. It must not change. */
  name: string;
  title: string;
  options: FormatOptions;
}

const all = { id: true, ktimestamp: true, labels: true, timeZone: 0 } as const;

/** The choices; the first is the default. */
export const OUTPUT_FORMATS: readonly OutputFormat[] = [
  { name: 'conntrack', title: 'conntrack -L', options: { format: 'conntrack', ...all } },
  { name: 'extended', title: 'conntrack -L -o extended', options: { format: 'conntrack', extended: true, ...all } },
  { name: 'proc', title: '/proc/net/nf_conntrack', options: { format: 'proc' } },
  { name: 'ip_conntrack', title: '/proc/net/ip_conntrack', options: { format: 'ip_conntrack' } },
  { name: 'save', title: 'conntrack -L -o save', options: { format: 'save' } },
  { name: 'xml', title: 'conntrack -L -o xml', options: { format: 'xml', ...all } },
  { name: 'ndjson', title: 'NDJSON', options: { format: 'ndjson' } },
];

/** Returns the choice with a name; the first one for an unknown name. */
export const outputFormat = (name: string): OutputFormat =>
  OUTPUT_FORMATS.find(format => format.name === name) ?? OUTPUT_FORMATS[0]!;
