import { LabelMap } from '@conntrack/flow';
import { type EntryFormat, NO_ROOM } from '../format.js';
import { type CsvColumn, csvWriter } from './csv.js';
import { formatOf } from './format.js';
import { writeJson } from './json.js';
import { LineWriter } from './line.js';
import { writeSave } from './save.js';
import { writeWholeXml } from './whole-xml.js';

const NEWLINE = 10;

/** The options of a format: those of `WriterOptions` of `@conntrack/parser`. */
export interface EntryFormatOptions {
  /** Milliseconds since 1970 up to which `delta-time=` is computed. Default: now. */
  readonly now?: number | undefined;
  readonly id?: boolean | undefined;
  readonly ktimestamp?: boolean | undefined;
  readonly labels?: boolean | LabelMap | undefined;
  readonly columns?: readonly CsvColumn[] | undefined;
}

function lineFormat(extended: boolean, options: EntryFormatOptions): EntryFormat | undefined {
  const { id = false, ktimestamp = false, labels = false, now = Date.now() } = options;
  // Local times and labels as bits are only written from flows.
  if (ktimestamp || labels === true) return undefined;
  const lines = new LineWriter({
    extended,
    id,
    ctime: undefined,
    labels: labels instanceof LabelMap ? labels : undefined,
  });
  lines.now = Math.floor(now / 1000);
  return formatOf((entry, out) => {
    if (entry.portid() > 0) return false;
    lines.line(entry, out);
    return true;
  });
}

const ndjson: EntryFormat = {
  write(entry, out, at) {
    const end = writeJson(out, at, entry);
    if (end < 0 || end === out.length) return NO_ROOM;
    out[end] = NEWLINE;
    return end + 1;
  },
};

/** The formats, with the names of `PRESET_NAMES` of `@conntrack/parser/presets`. The text of an entry equals the text of its flow. */
const FORMATS: Readonly<Record<string, (options: EntryFormatOptions) => EntryFormat | undefined>> = {
  plain: options => lineFormat(false, options),
  extended: options => lineFormat(true, options),
  save: () =>
    formatOf((entry, out) => {
      if (!writeSave(entry, out)) return false;
      out.byte(NEWLINE);
      return true;
    }),
  xml: ({ now = Date.now() }) => {
    const seconds = Math.floor(now / 1000);
    return formatOf((entry, out) => {
      if (!writeWholeXml(entry, out, seconds)) return false;
      out.byte(NEWLINE);
      return true;
    });
  },
  csv: ({ columns }) => {
    const write = csvWriter(columns);
    return write && formatOf(write);
  },
  json: () => ({ write: (entry, out, at) => writeJson(out, at, entry) }),
  ndjson: () => ndjson,
};

/**
 * Returns the format that writes entries directly from the kernel's bytes, several times as fast as through flows. Returns `undefined` for
 * a preset or an option that is only written from flows.
 */
export const entryFormat = (preset: string, options: EntryFormatOptions = {}): EntryFormat | undefined =>
  Object.hasOwn(FORMATS, preset) ? FORMATS[preset]!(options) : undefined;
