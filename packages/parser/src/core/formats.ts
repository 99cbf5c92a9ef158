import type { LabelMap } from '@conntrack/flow';
import type { TimeZone } from './local-time.js';

/**
 * The formats of flows:
 *
 * - `proc`: /proc/net/nf_conntrack;
 * - `ip_conntrack`: /proc/net/ip_conntrack, the same without the layer 3 columns;
 * - `conntrack`: `conntrack -L`, `-G`, `-D`, `-U` and `-E`, with `-o extended,id,timestamp,ktimestamp,labels` as options;
 * - `save`: `-o save`;
 * - `xml`: `-o xml`;
 * - `ndjson`: a JSON `Flow` a line.
 */
export type FlowFormat = 'proc' | 'ip_conntrack' | 'conntrack' | 'save' | 'xml' | 'ndjson';

/** Further formats that `@conntrack/parser/all` reads and `@conntrack/parser/presets` writes: CSV with a header, a JSON array or pages of the API. */
export type DocumentFormat = 'csv' | 'json';

/** The formats of flows, and those of all else: expectations (both tables' texts), `-S`, `/proc/net/stat/nf_conntrack`, `-C`. */
export type TextFormat = FlowFormat | 'expectations' | 'proc_expectations' | 'stats' | 'proc_stats' | 'count';

/** How a flow is written. What `conntrack -o` has is named as there. */
export interface FormatOptions {
  format: FlowFormat;
  /** `conntrack`: the layer 3 columns (`-o extended`). */
  extended?: boolean | undefined;
  /** `conntrack`: `id=` (`-o id`). */
  id?: boolean | undefined;
  /** Events: the time in front, or `<when>` in XML (`-o timestamp`). Default: where the event has one. */
  timestamp?: boolean | undefined;
  /** `conntrack`, `xml`: start and stop of tracking (`-o ktimestamp`). */
  ktimestamp?: boolean | undefined;
  /** `conntrack`, `xml`: labels (`-o labels`). Bit numbers become names by the map; without one they stay numbers. */
  labels?: boolean | LabelMap | undefined;
  /** Columns with one space between them, not in the columns of `%-8s`: text that went through a web page or `awk`. */
  compact?: boolean | undefined;
  /** Whose local time `[start=…]` and `<when>` are (default: this machine's). */
  timeZone?: TimeZone | undefined;
  /** Milliseconds since 1970: with it, a flow that has `start` but no `deltaTime` gets `delta-time=`, computed as conntrack(8) does. */
  now?: number | undefined;
  /** XML: SCTP's and DCCP's states by the TCP table, as conntrack(8) prints them (`tcp`, the default), or by their `own`, which is marked. */
  xmlStates?: 'tcp' | 'own' | undefined;
  /**
   * What conntrack(8)'s format leaves out is written too. `xml`: everything that a flow has, in an element that is marked and read back without
   * loss. `save`: the mark, which `conntrack -R` takes.
   */
  whole?: boolean | undefined;
}

/** What a text is: of use as {@link FormatOptions} where it is about flows. */
export interface DetectedFormat<Format extends TextFormat = TextFormat> extends Omit<FormatOptions, 'format'> {
  format: Format;
  /** Whether lines have an event tag (`[NEW]`), or XML's `type=`, or JSON's. */
  events: boolean;
}
