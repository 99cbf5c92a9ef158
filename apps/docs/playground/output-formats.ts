// The formats that matching lines can be written in.
import type { FormatOptions } from '@conntrack/parser/format';

/** One choice of the page. */
export interface OutputFormat {
  /** Name of the format in links. It must not change. */
  name: string;
  title: string;
  /** The ending of a file's name. */
  extension: 'txt' | 'xml' | 'ndjson';
  options: FormatOptions;
}

const all = { id: true, ktimestamp: true, labels: true, timeZone: 0 } as const;

/** The choices; the first is the default. */
export const OUTPUT_FORMATS: readonly OutputFormat[] = [
  { name: 'conntrack', title: 'conntrack -L', extension: 'txt', options: { format: 'conntrack', ...all } },
  {
    name: 'extended',
    title: 'conntrack -L -o extended',
    extension: 'txt',
    options: { format: 'conntrack', extended: true, ...all },
  },
  { name: 'proc', title: '/proc/net/nf_conntrack', extension: 'txt', options: { format: 'proc' } },
  { name: 'ip_conntrack', title: '/proc/net/ip_conntrack', extension: 'txt', options: { format: 'ip_conntrack' } },
  { name: 'save', title: 'conntrack -L -o save', extension: 'txt', options: { format: 'save' } },
  { name: 'xml', title: 'conntrack -L -o xml', extension: 'xml', options: { format: 'xml', ...all } },
  { name: 'ndjson', title: 'NDJSON', extension: 'ndjson', options: { format: 'ndjson' } },
];
