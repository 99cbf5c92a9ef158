import { detectFormat } from './detect.js';
import { type FlowReader, TaggedLineReader } from './flow-reader.js';
import type { FlowFormat, TextFormat } from './formats.js';
import { MAX_LINE_LENGTH } from './lines.js';
import { readNdjson } from './ndjson.js';
import type { ParseOptions } from './options.js';
import type { ChooseFlowReader } from './parsers.js';
import { readSave } from './save.js';
import { StringReader } from './string-reader.js';
import { XmlLines } from './xml-lines.js';
import { readXml } from './xml-read.js';

type Make = (options: ParseOptions) => FlowReader;
const lines: Make = options => new TaggedLineReader(options);

/** The reader of each format of flows. */
const READERS: Readonly<Record<FlowFormat, Make>> = {
  proc: lines,
  ip_conntrack: lines,
  conntrack: lines,
  save: options => new StringReader(readSave(options)),
  xml: options => {
    const elements = new XmlLines(options, options.maxLineLength ?? MAX_LINE_LENGTH, readXml(options));
    return new StringReader(elements.read, () => elements.finish());
  },
  ndjson: () => new StringReader(readNdjson),
};

const isFlowFormat = (format: TextFormat): format is FlowFormat => format in READERS;

/** What stands in the error of a text that is none of these. */
export const FLOW_TEXT = 'flows: /proc/net/nf_conntrack, conntrack(8), -o save, -o xml or NDJSON';

/** What chooses the reader: the format that was said, or else the first line. */
export const chooseFlowReader: ChooseFlowReader = (options, line) => {
  const said = typeof options.format === 'object' ? options.format.format : options.format;
  const format = said ?? detectFormat(line)?.format;
  return format === undefined || !isFlowFormat(format) ? undefined : READERS[format](options);
};
