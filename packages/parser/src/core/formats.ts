import type { LabelMap } from '@conntrack/flow';
import type { TimeZone } from './local-time.js';

/**
 * The text formats of flows:
 *
 * - `proc`: /proc/net/nf_conntrack;
 * - `ip_conntrack`: /proc/net/ip_conntrack, which is `proc` without the layer 3 columns;
 * - `conntrack`: `conntrack -L`, `-G`, `-D`, `-U` and `-E`, with `-o extended,id,timestamp,ktimestamp,labels` as options;
 * - `save`: `-o save`;
 * - `xml`: `-o xml`;
 * - `ndjson`: one JSON `Flow` per line.
 */
export type FlowFormat = 'proc' | 'ip_conntrack' | 'conntrack' | 'save' | 'xml' | 'ndjson';

/**
 * Further formats that `@conntrack/parser/all` reads and `@conntrack/parser/presets` writes: CSV with a header, and JSON (an array, or
 * pages of the API).
 */
export type DocumentFormat = 'csv' | 'json';

/** All text formats: those of flows, of expectations (conntrack(8)'s and the kernel's), of `-S`, of `/proc/net/stat/nf_conntrack` and of `-C`. */
export type TextFormat = FlowFormat | 'expectations' | 'proc_expectations' | 'stats' | 'proc_stats' | 'count';

/** How a flow is written. Options of `conntrack -o` have the same name here. */
export interface FormatOptions {
  /** The text format. */
  format: FlowFormat;
  /** `conntrack`: with the layer 3 columns (`-o extended`). */
  extended?: boolean | undefined;
  /** `conntrack`: with `id=` (`-o id`). */
  id?: boolean | undefined;
  /** Events: with the time in front, or with `<when>` in XML (`-o timestamp`). Default: if the event has a time. */
  timestamp?: boolean | undefined;
  /** `conntrack`, `xml`: with start and stop of tracking (`-o ktimestamp`). */
  ktimestamp?: boolean | undefined;
  /** `conntrack`, `xml`: with labels (`-o labels`). The map turns bit numbers into names; without a map they stay numbers. */
  labels?: boolean | LabelMap | undefined;
  /** Separates columns by one space and does not pad them to `%-8s`: for text that went through a web page or `awk`. */
  compact?: boolean | undefined;
  /** Time zone of `[start=…]` and `<when>`. Default: the time zone of this machine. */
  timeZone?: TimeZone | undefined;
  /** Milliseconds since 1970. If given, a flow with `start` and without `deltaTime` gets `delta-time=`, computed as conntrack(8) does. */
  now?: number | undefined;
  /**
   * XML: which table names the states of SCTP and DCCP. `tcp` (default): the TCP table, as conntrack(8) does. `own`: the protocol's own
   * table; the element is then marked.
   */
  xmlStates?: 'tcp' | 'own' | undefined;
  /**
   * Also writes what conntrack(8)'s format leaves out. `xml`: everything that a flow has, in a marked element that is read back without
   * loss. `save`: the mark, which `conntrack -R` accepts.
   */
  whole?: boolean | undefined;
}

/** The format of a text. It can be used as {@link FormatOptions} if the text is about flows. */
export interface DetectedFormat<Format extends TextFormat = TextFormat> extends Omit<FormatOptions, 'format'> {
  /** The text format. */
  format: Format;
  /** Whether lines have an event tag (`[NEW]`), or a `type` in XML or JSON. */
  events: boolean;
}
