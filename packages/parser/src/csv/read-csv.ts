import { type Flow, findProtocol } from '@conntrack/flow';
import { type Column, findColumn, setAt } from '@conntrack/flow/columns';
import { decode } from '../core/bytes.js';
import { fail } from '../core/error.js';
import type { RecordReader } from '../core/record-reader.js';
import { checkedFlow } from '../ndjson/flow-json.js';

/** Columns that every flow needs. */
const NEEDED = ['family', 'proto', 'src', 'dst', 'reply.src', 'reply.dst'];

/** A cell of RFC 4180, and its delimiter. */
const CELL = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;

/** Splits a line into cells, `undefined` for empty cells without quotes. Throws a `Fault`. */
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

/** Whether a line is the header of a CSV: names of columns only. */
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

/** Reads the value of a column's cell; returns `undefined` for a value that the column cannot have. */
function readCell(cell: string, { kind }: Column): unknown {
  if (kind === 'object' || /^[["{]/.test(cell)) return json(cell);
  if (kind === 'text') return cell;
  if (kind === 'number') return /^-?\d{1,16}$/.test(cell) ? Number(cell) : undefined;
  return cell.split(' ').map(item => (/^\d+$/.test(item) ? Number(item) : item));
}

/** Reads CSV with the header that `ctctl` and the API write. Any set and order of columns is allowed, if a flow can be made from them. */
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
      // The parts of a sum have columns of their own.
      if (cell === undefined || column.places.length > 1) continue;
      const value = readCell(cell, column) ?? fail('FIELD_EXPECTED', line.indexOf(cell), `a valid '${column.name}'`);
      setAt(record, column.places[0], value);
    }
    const protocol = typeof record.protocol === 'string' ? findProtocol(record.protocol) : undefined;
    record.protonum ??= protocol?.number;
    return checkedFlow(record, line);
  }

  /** Every record is one line. This method exists so that `CaptureReader` does not join lines (see its `#through`). */
  more(): null {
    return null;
  }

  #head(line: string): null {
    const names = line.split(',');
    const columns = names.map(
      name => findColumn(name) ?? fail('FIELD_EXPECTED', line.indexOf(name), 'the name of a column'),
    );
    const missing = NEEDED.filter(name => !columns.includes(findColumn(name)!));
    if (missing.length > 0)
      fail('FIELD_EXPECTED', 0, `a CSV of complete flows; missing columns: ${missing.join(', ')}`);
    this.#columns = columns;
    return null;
  }
}
