import type { Flow } from '@conntrack/flow';
import { CsvReader, isCsvHead } from './csv-read.js';
import { JsonReader } from './json-reader.js';
import { DOCUMENT_RECORD } from './json-splitter.js';
import type { ParseOptions, ReadFormat } from './options.js';
import type { RecordReader } from './reader.js';
import { chooseFlowReader, type Make } from './readers.js';
import { readSave } from './save.js';
import { StringReader } from './string-reader.js';
import { XmlReader } from './xml-lines.js';
import { readOwnXml } from './xml-own-read.js';
import { readXml } from './xml-read.js';
import { DIALECT } from './xml-text.js';

function xmlReader(options: ParseOptions): RecordReader<Flow> {
  const foreign = readXml(options);
  return new XmlReader(options, (text, root, suffix) =>
    root.attributes.dialect === DIALECT ? readOwnXml(root, options) : foreign(text, root, suffix),
  );
}

const READERS: Readonly<Partial<Record<ReadFormat, Make>>> = {
  save: options => new StringReader(readSave(options)),
  xml: xmlReader,
  csv: () => new CsvReader(),
  json: () => new JsonReader(),
};

/** The reader of any format of flows. */
export function chooseAnyReader(line: string, options: ParseOptions): RecordReader<Flow> | undefined {
  if (line === DOCUMENT_RECORD) return new JsonReader();
  const reader = chooseFlowReader(line, options, READERS);
  return reader === undefined && options.format === undefined && isCsvHead(line) ? new CsvReader() : reader;
}
