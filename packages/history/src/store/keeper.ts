import type { Database } from './duckdb.js';
import { hourOf, middleOf, readFiles, remove, type SealedFile } from './files.js';
import { expired, type Retention } from './retention.js';
import { mergeFiles, sealSegment } from './seal.js';

/** What the keeper found in the folder at its last look. */
export interface Kept {
  files: number;
  bytes: number;
}

/** Turns full segments of the journal into Parquet, joins the files of a past hour, and deletes what is too old or too much. */
export class Keeper {
  readonly #database: () => Promise<Database>;
  readonly #folder: string;
  readonly #retention: Retention;
  readonly #log: (message: string) => void;
  /** Hours whose files could not be joined: it is not tried again. */
  readonly #separate = new Set<string>();
  kept: Kept = { files: 0, bytes: 0 };

  constructor(folder: string, retention: Retention, database: () => Promise<Database>, log: (message: string) => void) {
    this.#folder = folder;
    this.#retention = retention;
    this.#database = database;
    this.#log = log;
  }

  /** Does what is due. `open`: the number of the segment that is written to. */
  async run(open: number, now: number): Promise<void> {
    await this.#expire(now);
    await this.#seal(open);
    await this.#merge(open, now);
    await this.#expire(now);
  }

  async #expire(now: number): Promise<void> {
    const files = await readFiles(this.#folder);
    const gone = expired(files, this.#retention, now);
    for (const { path } of gone) await remove(path);
    const left = [...files.sealed.filter(file => !gone.includes(file)), ...files.journal];
    this.kept = { files: left.length, bytes: left.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  async #seal(open: number): Promise<void> {
    const { journal } = await readFiles(this.#folder);
    for (const segment of journal) {
      if (segment.number >= open) continue;
      const { loaded } = await sealSegment(await this.#database(), this.#folder, segment);
      for (const { from, to } of loaded.damaged)
        this.#log(`${segment.path} is damaged from byte ${from} to ${to}: the rows there are lost`);
      await remove(segment.path);
    }
  }

  /** Joins neighbouring files of the same hour, once the hour is over. */
  async #merge(open: number, now: number): Promise<void> {
    const { sealed, journal } = await readFiles(this.#folder);
    const first = journal.find(({ number }) => number < open);
    const groups: SealedFile[][] = [];
    for (const file of sealed) {
      const group = groups.at(-1);
      const last = group?.at(-1);
      const hour = hourOf(middleOf(file));
      if (hour === hourOf(now) || (first !== undefined && file.last > first.number)) continue;
      if (last !== undefined && hourOf(middleOf(last)) === hour && last.last < file.first) group!.push(file);
      else groups.push([file]);
    }
    for (const group of groups) {
      const hour = hourOf(middleOf(group[0]!));
      if (group.length < 2 || this.#separate.has(hour)) continue;
      try {
        await mergeFiles(await this.#database(), this.#folder, group);
      } catch (error) {
        // A damaged file stays beside the others: questions name it and skip it.
        this.#separate.add(hour);
        this.#log(`cannot join the files of ${hour}: ${(error as Error).message}`);
        continue;
      }
      for (const { path } of group) await remove(path);
    }
  }
}
