import { open as openFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { COLUMN_NAMES, sealedColumns } from './columns.js';
import { type Database, literal } from './duckdb.js';
import { type SealedFile, type Segment, sealedName } from './files.js';
import { BlockAppender, type LoadedSegment, SegmentReader } from './segment-reader.js';

/** zstd, and encodings of Parquet 2 that store times by their differences. */
const PARQUET = '(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARQUET_VERSION v2, ROW_GROUP_SIZE 122880)';

/** Makes sure that what was written is on the disk. */
async function sync(path: string): Promise<void> {
  const file = await openFile(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Writes a query's rows to a file beside its place, and then moves it there: a file under its own name is always whole. */
async function writeFile(
  connection: DuckDBConnection,
  folder: string,
  query: string,
  about: Omit<SealedFile, 'path' | 'name' | 'bytes'>,
): Promise<SealedFile> {
  const name = sealedName(about);
  const path = join(folder, name);
  const beside = `${path}.tmp`;
  try {
    await connection.run(`COPY (${query}) TO ${literal(beside)} ${PARQUET}`);
    await sync(beside);
    await rename(beside, path);
    await sync(folder);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  return { ...about, path, name, bytes: (await stat(path)).size };
}

/** Writes the rows of a segment of the journal as Parquet. Returns no file if it has no rows. */
export async function sealSegment(
  database: Database,
  folder: string,
  segment: Segment,
): Promise<{ loaded: LoadedSegment; file?: SealedFile }> {
  return database.with(async connection => {
    const reader = await SegmentReader.open(segment.path);
    const { about: loaded, used } = reader;
    if (loaded.rows === 0) return { loaded };
    const appender = await BlockAppender.create(database, connection, 'rows_of_segment', used);
    await reader.read(block => appender.append(block));
    appender.close();
    const { minTime, maxTime, gaps, open } = loaded;
    const about = { minTime, maxTime, gaps, open, first: segment.number, last: segment.number };
    const query = `SELECT ${sealedColumns(used)} FROM rows_of_segment`;
    return { loaded, file: await writeFile(connection, folder, query, about) };
  });
}

/** Writes several sealed files as one, in the order of their segments. */
export function mergeFiles(database: Database, folder: string, files: readonly SealedFile[]): Promise<SealedFile> {
  const list = files.map(({ path }) => literal(path)).join(', ');
  const query = `SELECT ${COLUMN_NAMES.join(', ')} FROM read_parquet([${list}])`;
  const about = {
    minTime: Math.min(...files.map(({ minTime }) => minTime)),
    maxTime: Math.max(...files.map(({ maxTime }) => maxTime)),
    first: files[0]!.first,
    last: files.at(-1)!.last,
    gaps: files.some(({ gaps }) => gaps),
    open: files.some(file => file.open),
  };
  return database.with(connection => writeFile(connection, folder, query, about));
}
