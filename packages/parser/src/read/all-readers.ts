import type { Flow } from '@conntrack/flow';
import type { ParseOptions, ReadFormat } from '../core/options.js';
import type { RecordReader } from '../core/record-reader.js';
import { StringReader } from '../core/string-reader.js';
import { CsvReader, isCsvHead } from '../csv/read-csv.js';
import { JsonReader } from '../ndjson/document-reader.js';
import { DOCUMENT_RECORD } from '../ndjson/document-splitter.js';
import { readSave } from '../save/read-save.js';
import { DIALECT } from '../xml/element-text.js';
import { readXml } from '../xml/read-flow.js';
import { readOwnXml } from '../xml/read-own-flow.js';
import { XmlReader } from '../xml/xml-reader.js';
import { chooseFlowReader, type Make } from './flow-readers.js';

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
};

/** Chooses the reader of a text, for all formats of flows. */
export function chooseAnyReader(line: string, options: ParseOptions): RecordReader<Flow> | undefined {
  // The splitter puts this line in front of a JSON document.
  if (line === DOCUMENT_RECORD) return new JsonReader();
  return chooseFlowReader(line, options, READERS) ?? (isCsvHead(line) ? new CsvReader() : undefined);
}
