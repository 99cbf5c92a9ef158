import type { Filter } from '@conntrack/filter';
import { fieldsOf } from '@conntrack/filter';
import type { TimeRange } from '@conntrack/flow/table';
import { TableError } from '@conntrack/flow/table';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Gap, GapCause } from '../record.js';
import { ASKED_COLUMNS, COLUMN_NAMES, type ColumnName, IDENTITY, sealedColumns } from '../store/columns.js';
import { type Database, literal } from '../store/duckdb.js';
import { type HistoryFiles, readFiles, type SealedFile, type Segment } from '../store/files.js';
import { leftOutWithin } from '../store/kept-fields.js';
import { BlockAppender, SegmentReader } from '../store/segment-reader.js';
import { LOOK_AHEAD } from './range.js';
import { neededColumns } from './where.js';

/** A file that could not be read. The rest still answers. */
export interface SkippedFile {
  readonly file: string;
  readonly reason: string;
}

/** The rows that a question is asked of: views in DuckDB, as long as the connection lives. */
export interface Scope {
  readonly connection: DuckDBConnection;
  /** Times in which rows may be missing, oldest first. */
  readonly gaps: readonly Gap[];
  readonly skipped: readonly SkippedFile[];
  /** The sealed files that are read. */
  readonly files: readonly SealedFile[];
}

/** What the journal has of a span of time. */
interface LoadedJournal {
  /** The rows, as queries with the columns of a Parquet file. */
  readonly parts: string[];
  /** Whether a segment is gone: it was sealed meanwhile. */
  gone: boolean;
  /** Whether there are rows of flows that had not ended. */
  open: boolean;
  firstTime: number | undefined;
}

/** Loads the rows of the journal that may matter into tables. */
async function loadJournal(
  database: Database,
  connection: DuckDBConnection,
  journal: readonly Segment[],
  span: TimeRange,
): Promise<LoadedJournal> {
  const loaded: LoadedJournal = { parts: [], gone: false, open: false, firstTime: undefined };
  for (const { path, number } of journal) {
    let reader: SegmentReader;
    try {
      reader = await SegmentReader.open(path, span);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { ...loaded, gone: true };
      throw error;
    }
    loaded.firstTime ??= reader.about.firstTime;
    if (reader.about.rows === 0) continue;
    const table = `journal_${number}`;
    const appender = await BlockAppender.create(database, connection, table, reader.used);
    await reader.read(block => appender.append(block));
    appender.close();
    loaded.open ||= reader.about.open;
    loaded.parts.push(`SELECT ${sealedColumns(reader.used)} FROM ${table}`);
  }
  return loaded;
}

const parquet = (files: readonly SealedFile[]): string[] =>
  files.length === 0
    ? []
    : [`SELECT ${COLUMN_NAMES.join(', ')} FROM read_parquet([${files.map(({ path }) => literal(path)).join(', ')}])`];

/** Whether every page of a file can be read. */
async function faultOf(connection: DuckDBConnection, file: SealedFile): Promise<string | undefined> {
  try {
    await connection.run(`SELECT ${COLUMN_NAMES.map(name => `max(${name})`).join(', ')} FROM (${parquet([file])[0]})`);
    return undefined;
  } catch (error) {
    return (error as Error).message.split('\n')[0]!;
  }
}

/** Names the files that cannot be read. */
export async function unreadable(connection: DuckDBConnection, files: readonly SealedFile[]): Promise<SkippedFile[]> {
  const faults: SkippedFile[] = [];
  for (const file of files) {
    const reason = await faultOf(connection, file);
    if (reason !== undefined) faults.push({ file: file.path, reason });
  }
  return faults;
}

/** Defines a view of rows: those of sealed files and of the journal. */
async function define(
  connection: DuckDBConnection,
  name: string,
  parts: readonly string[],
  where: string,
): Promise<void> {
  const all = parts.length === 0 ? [`SELECT ${sealedColumns(new Set())} WHERE false`] : parts;
  await connection.run(
    `CREATE OR REPLACE TEMP VIEW ${name} AS SELECT * FROM (${all.join(' UNION ALL ')}) WHERE ${where}`,
  );
}

/** A time in milliseconds as SQL: a number, so nothing of it can be read as something else. */
const timestamp = (milliseconds: number): string => `make_timestamp(${Math.round(milliseconds * 1000)})`;

async function gapsOf(connection: DuckDBConnection): Promise<Gap[]> {
  const reader = await connection.runAndReadAll(
    'SELECT epoch_us(start)::DOUBLE / 1000, epoch_us(time)::DOUBLE / 1000, note FROM gaps ORDER BY start',
  );
  return (reader.getRows() as [number, number, string][]).map(([from, to, note]) => {
    const { cause, reason, of, rows } = JSON.parse(note) as Omit<Gap, 'from' | 'to'> & { cause: GapCause };
    return { from, to, cause, reason, ...(of !== undefined && { of }), ...(rows !== undefined && { rows }) };
  });
}

/** Returns until when rows of flows of the range are recorded: later, if nothing was recorded for a while after the range. */
function horizonOf({ to }: TimeRange, gaps: readonly Gap[]): number {
  let horizon = to + LOOK_AHEAD;
  for (const gap of gaps) if (gap.from <= horizon && gap.to + LOOK_AHEAD > horizon) horizon = gap.to + LOOK_AHEAD;
  return horizon;
}

/** The times of the range that are before the first file and the first segment. */
function beginning(files: HistoryFiles, firstTime: number | undefined, { from, to }: TimeRange): Gap[] {
  const begin = Math.min(...files.sealed.map(({ minTime }) => minTime), firstTime ?? Number.POSITIVE_INFINITY);
  if (begin <= from) return [];
  return [
    { from, to: Math.min(begin, to), cause: 'stopped', reason: 'the history begins later, or this part was deleted' },
  ];
}

/** Refuses fields that were not kept at the time of the question. @throws TableError FIELD_UNAVAILABLE */
export async function checkKept(folder: string, { from, to }: TimeRange, names: Iterable<string>): Promise<void> {
  const leftOut = await leftOutWithin(folder, from, to);
  for (const name of names)
    if (neededColumns(name).some(column => leftOut.has(column as ColumnName)))
      throw new TableError(
        'FIELD_UNAVAILABLE',
        `'${name}' was not kept at this time: the recorder's setting 'fields' leaves it out`,
        {
          field: name,
        },
      );
}

/** What a scope is opened with. */
export interface ScopeOptions {
  readonly folder: string;
  readonly database: Database;
  readonly range: TimeRange;
  readonly filter?: Filter;
  /** Further fields that the question needs: those that it sorts or groups by. */
  readonly fields?: Iterable<string>;
  /** Files that cannot be read. */
  readonly skip?: readonly SkippedFile[];
}

/**
 * Defines the rows that a question is asked of. Of a flow that had not ended, the last row counts, unless its end is there: an end whose
 * lifetime contains the time of the row.
 */
async function defineAsked(connection: DuckDBConnection, open: boolean, from: string): Promise<void> {
  const ends = `SELECT ${ASKED_COLUMNS} FROM recorded WHERE kind = 'end' AND time >= ${from}`;
  if (!open) {
    await connection.run(`CREATE OR REPLACE TEMP VIEW asked AS ${ends}`);
    return;
  }
  await connection.run(`CREATE OR REPLACE TEMP TABLE last_seen AS
    SELECT ${IDENTITY} AS identity, max(time) AS time FROM recorded WHERE kind <> 'end' GROUP BY identity`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE ended AS
    SELECT DISTINCT last_seen.identity AS identity FROM last_seen
    JOIN (SELECT ${IDENTITY} AS identity, start, time FROM recorded WHERE kind = 'end') AS ends USING (identity)
    WHERE ends.time >= last_seen.time AND (ends.start IS NULL OR ends.start <= last_seen.time + INTERVAL 10 MILLISECONDS)`);
  await connection.run(`CREATE OR REPLACE TEMP VIEW asked AS ${ends} UNION ALL SELECT ${ASKED_COLUMNS} FROM (
    SELECT * EXCLUDE (identity) FROM (SELECT *, ${IDENTITY} AS identity FROM recorded WHERE kind <> 'end') AS still
    WHERE (identity, time) IN (SELECT (identity, time) FROM last_seen WHERE identity NOT IN (SELECT identity FROM ended)))`);
}

/** Opens the rows of a span of time. The caller closes the connection. */
export async function openScope(options: ScopeOptions): Promise<Scope> {
  const { folder, database, range, filter, fields = [], skip = [] } = options;
  const names = [...(filter === undefined ? [] : fieldsOf(filter)), ...fields];
  await checkKept(folder, range, names);
  const connection = await database.connect();
  const since = range.from - LOOK_AHEAD;
  try {
    for (;;) {
      const files = await readFiles(folder);
      const journal = await loadJournal(database, connection, files.journal, {
        from: since,
        to: Number.POSITIVE_INFINITY,
      });
      if (journal.gone) continue;
      const later = files.sealed.filter(
        ({ path, maxTime }) => maxTime >= since && !skip.some(({ file }) => file === path),
      );
      const withGaps = later.filter(({ gaps }) => gaps);
      await define(
        connection,
        'gaps',
        [...parquet(withGaps), ...journal.parts],
        `kind = 'gap' AND time >= ${timestamp(since)}`,
      );
      const gaps = await gapsOf(connection);
      const horizon = horizonOf(range, gaps);
      const sealed = later.filter(({ minTime }) => minTime <= horizon);
      const within = `time >= ${timestamp(since)} AND time <= ${timestamp(horizon)} AND coalesce(start, time) <= ${timestamp(range.to)}`;
      await define(connection, 'recorded', [...parquet(sealed), ...journal.parts], `kind <> 'gap' AND ${within}`);
      await defineAsked(connection, journal.open || sealed.some(({ open }) => open), timestamp(range.from));
      const known = gaps.filter(gap => gap.from <= range.to && gap.to >= range.from);
      return {
        connection,
        files: sealed,
        skipped: skip,
        gaps: [...beginning(files, journal.firstTime, range), ...known],
      };
    }
  } catch (error) {
    connection.closeSync();
    throw error;
  }
}
