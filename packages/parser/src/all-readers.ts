import type { Flow } from '@conntrack/flow';
import type { ParseOptions } from './options.js';
import type { RecordReader } from './reader.js';
import { chooseFlowReader } from './readers.js';
import { XmlReader } from './xml-lines.js';
import { readXml } from './xml-read.js';

/** The reader of any format of flows: those of lines, XML. */
export const chooseAnyReader = (line: string, options: ParseOptions): RecordReader<Flow> | undefined =>
  chooseFlowReader(line, options, { xml: more => new XmlReader(more, readXml(more)) });
