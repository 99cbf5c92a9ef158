import { type Flow, findProtocol } from '@conntrack/flow';
import { type Column, findColumn, setAt } from '@conntrack/flow/columns';
import { decode } from '../core/bytes.js';
import { fail } from '../core/error.js';
import type { RecordReader } from '../core/record-reader.js';
import { checkedFlow } from '../ndjson/flow-json.js';

/** Columns without which a line is not a flow. */
const NEEDED = ['family', 'proto', 'src', 'dst', 'reply.src', 'reply.dst'];

/** A cell of RFC 4180, and what ends it. */
const CELL = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;

/** A line's cells, `undefined` for empty ones without quotes. Throws a `Fault`. */
function cellsOf(line: string): (string | undefined)[] {
  const cells: (string | undefined)[] = [];
  for (let at = 0; ; ) {
    CELL.lastIndex = at;
    const match = CELL.exec(line) ?? fail('FIELD_EXPECTED', at, 'a cell of CSV');
    cells.push(match[1]?.replaceAll('""', '"') ?? (match[2] || undefined));
    at += match[0].length;
    if (match[3] === '') return cells;
  }
}

/** Whether a line is the header of a CSV: names of columns alone. */
export function isCsvHead(line: string): boolean {
  const names = line.replace(/^\ufeff/, '').split(',');
  return names.length > 1 && names.every(name => findColumn(name) !== undefined);
}

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The value of a column's cell; `undefined` where it is none. */
function readCell(cell: string, { kind }: Column): unknown {
  if (kind === 'object' || /^[["{]/.test(cell)) return json(cell);
  if (kind === 'text') return cell;
  if (kind === 'number') return /^-?\d{1,16}$/.test(cell) ? Number(cell) : undefined;
  return cell.split(' ').map(item => (/^\d+$/.test(item) ? Number(item) : item));
}

/** Reads CSV with the header that `ctctl` and the API write; the columns may be others, in any order, as long as a flow can be made of them. */
export class CsvReader implements RecordReader<Flow> {
  readonly event = undefined;
  readonly time = undefined;
  #columns: readonly Column[] | undefined;

  read(bytes: Uint8Array, start: number, end: number): Flow | null {
    if (start === end) return null;
    const line = decode(bytes, start, end);
    if (this.#columns === undefined) return this.#head(line);
    const cells = cellsOf(line);
    if (cells.length !== this.#columns.length)
      fail('FIELD_EXPECTED', line.length, `${this.#columns.length} cells; this line has ${cells.length}`);
    const record: Record<string, unknown> = {};
    for (const [i, column] of this.#columns.entries()) {
      const cell = cells[i];
      // Other columns say what a sum is made of.
      if (cell === undefined || column.places.length > 1) continue;
      const value = readCell(cell, column) ?? fail('FIELD_EXPECTED', line.indexOf(cell), `a valid '${column.name}'`);
      setAt(record, column.places[0], value);
    }
    const protocol = typeof record.protocol === 'string' ? findProtocol(record.protocol) : undefined;
    record.protonum ??= protocol?.number;
    return checkedFlow(record, line);
  }

  /** A line is never a part of the text of another. */
  more(): null {
    return null;
  }

  #head(line: string): null {
    const names = line.split(',');
    const columns = names.map(
      name => findColumn(name) ?? fail('FIELD_EXPECTED', line.indexOf(name), 'a column of ctctl'),
    );
    const missing = NEEDED.filter(name => !columns.includes(findColumn(name)!));
    if (missing.length > 0)
      fail('FIELD_EXPECTED', 0, `a CSV of whole flows; this one has no column ${missing.join(', ')}`);
    this.#columns = columns;
    return null;
  }
}
