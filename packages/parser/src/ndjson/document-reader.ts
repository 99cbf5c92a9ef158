import type { Flow } from '@conntrack/flow';
import { fail } from '../core/error.js';
import { StringReader } from '../core/string-reader.js';
import { CUT_RECORD } from './document-splitter.js';
import { readNdjson } from './flow-json.js';

/** The end of a page. A record has other members. */
const PAGE_END = /^\{"type":"page"/;

/** Reads the records of JSON documents. The last page in the text must be the last page of its list. */
export class JsonReader extends StringReader<Flow> {
  #more = false;

  constructor() {
    super(line => {
      if (line === '') return null;
      if (line === CUT_RECORD) fail('JSON_EXPECTED', 0, 'the end of the JSON document (it is truncated)');
      const read = readNdjson(line);
      if (PAGE_END.test(line)) this.#more = typeof (JSON.parse(line) as { next?: unknown }).next === 'string';
      return read;
    });
  }

  /** Every record is complete. This method exists so that `CaptureReader` does not join lines (see its `#through`). */
  more(): null {
    return null;
  }

  finish(): void {
    if (this.#more)
      fail(
        'JSON_EXPECTED',
        0,
        'the last page of a list: this one has a next',
        'Use format=ndjson for the complete list',
      );
  }
}
