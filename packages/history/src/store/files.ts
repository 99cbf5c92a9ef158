import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** A sealed file: Parquet, with the rows of one or more segments of the journal. */
export interface SealedFile {
  readonly path: string;
  readonly name: string;
  /** Times of the rows in milliseconds since 1970. */
  readonly minTime: number;
  readonly maxTime: number;
  /** The segments of the journal that it holds. */
  readonly first: number;
  readonly last: number;
  /** Whether it has rows that are gaps. */
  readonly gaps: boolean;
  /** Whether it has rows of flows that had not ended. */
  readonly open: boolean;
  readonly bytes: number;
}

/** A segment of the journal. */
export interface Segment {
  readonly path: string;
  readonly number: number;
  readonly bytes: number;
}

/** The files of a history, oldest first. */
export interface HistoryFiles {
  readonly sealed: readonly SealedFile[];
  readonly journal: readonly Segment[];
  /** Files whose rows are in another file too, and temporary files: what a kill between two steps leaves. */
  readonly leftover: readonly string[];
}

const SEALED = /^\d{4}-\d\d-\d\dT\d\d_(\d+)-(\d+)_(\d+)-(\d+)(_gaps)?(_open)?\.parquet$/;
const JOURNAL = /^(\d+)\.journal$/;

/** The start of the name of a sealed file: `2026-11-30T14`, the hour in UTC. */
export const hourOf = (time: number): string => new Date(time).toISOString().slice(0, 13);

/** The middle of a file's times: the hour that it was written in, although a few rows may be of the hours beside it. */
export const middleOf = ({ minTime, maxTime }: Pick<SealedFile, 'minTime' | 'maxTime'>): number =>
  (minTime + maxTime) / 2;

/** Returns the name of a sealed file. It says what is in the file, so that most files need not be opened for a question. */
export const sealedName = ({
  minTime,
  maxTime,
  first,
  last,
  gaps,
  open,
}: Omit<SealedFile, 'path' | 'name' | 'bytes'>): string =>
  `${hourOf(middleOf({ minTime, maxTime }))}_${Math.floor(minTime)}-${Math.ceil(maxTime)}_${first}-${last}${gaps ? '_gaps' : ''}${open ? '_open' : ''}.parquet`;

/** Returns the name of a segment of the journal. */
export const segmentName = (number: number): string => `${String(number).padStart(10, '0')}.journal`;

const sizeOf = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).size;
  } catch (error) {
    // Removed since the folder was read.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return -1;
    throw error;
  }
};

/** Reads which files a history has. A file whose segments are all in another file does not count: its rows would come twice. */
export async function readFiles(folder: string): Promise<HistoryFiles> {
  const found: SealedFile[] = [];
  const segments: Segment[] = [];
  const leftover: string[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const sealed = SEALED.exec(name);
    const segment = JOURNAL.exec(name);
    if (name.endsWith('.tmp')) leftover.push(path);
    if (sealed === null && segment === null) continue;
    const bytes = await sizeOf(path);
    if (bytes < 0) continue;
    if (segment !== null) segments.push({ path, number: Number(segment[1]), bytes });
    else {
      const [minTime, maxTime, first, last] = sealed!.slice(1, 5).map(Number) as [number, number, number, number];
      const [gaps, open] = [sealed![5], sealed![6]].map(mark => mark !== undefined) as [boolean, boolean];
      found.push({ path, name, minTime, maxTime, first, last, gaps, open, bytes });
    }
  }
  // The file with the most segments comes first among those that begin with the same one.
  found.sort((a, b) => a.first - b.first || b.last - a.last);
  const sealed: SealedFile[] = [];
  let covered = -1;
  for (const file of found)
    if (file.last <= covered) leftover.push(file.path);
    else {
      sealed.push(file);
      covered = file.last;
    }
  const holds = (number: number): boolean => sealed.some(({ first, last }) => first <= number && number <= last);
  const journal = segments.filter(({ path, number }) => !holds(number) || void leftover.push(path));
  journal.sort((a, b) => a.number - b.number);
  return { sealed, journal, leftover };
}

/** Removes a file; it may be gone already. */
export async function remove(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
