import { createReadStream, createWriteStream } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import type { Report } from '../losses.js';
import type { CompleteOptions } from './options.js';

const PATTERN = /^flows-\d{8}T\d{9}Z(?:-\d+)?\.ndjson(?:\.gz|\.zst)?$/;
const PART = '.part';
const DAY = 86_400_000;

/** Compressors, and what they add to a file's name. */
const COMPRESSORS = {
  gzip: { suffix: '.gz', create: (): Transform => zlib.createGzip() },
  // In Node since 22.15, and not in the types of Node 20. `ndjsonOptions` has checked that it is there.
  zstd: { suffix: '.zst', create: () => (zlib as unknown as { createZstdCompress(): Transform }).createZstdCompress() },
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The finished files of a folder: their names, their compression, and how long they are kept. */
export class FinishedFiles {
  readonly #folder: string;
  readonly #options: CompleteOptions;
  readonly #report: Report;
  #work: Promise<void> = Promise.resolve();

  constructor(folder: string, options: CompleteOptions, report: Report) {
    this.#folder = folder;
    this.#options = options;
    this.#report = report;
  }

  /** Names of the finished files, oldest first. */
  async names(): Promise<string[]> {
    return (await readdir(this.#folder)).filter(name => PATTERN.test(name)).sort();
  }

  /** When the newest finished file was last written, in milliseconds since 1970; `undefined` if there is none. */
  async newest(): Promise<number | undefined> {
    const name = (await this.names()).at(-1);
    return name === undefined ? undefined : (await stat(join(this.#folder, name))).mtimeMs;
  }

  /** Gives a file the name of a finished one, which contains the time. No finished file is ever replaced. */
  async take(path: string): Promise<void> {
    const stem = `flows-${new Date().toISOString().replace(/[-:.]/g, '')}`;
    let name = `${stem}.ndjson`;
    for (let i = 1; await this.#taken(name); i++) name = `${stem}-${i}.ndjson`;
    await rename(path, join(this.#folder, name));
    const folder = await open(this.#folder);
    await folder.sync().finally(() => folder.close());
  }

  async #taken(name: string): Promise<boolean> {
    const names = [name, ...Object.values(COMPRESSORS).map(({ suffix }) => `${name}${suffix}`)];
    return (await Promise.all(names.map(name => exists(join(this.#folder, name))))).includes(true);
  }

  /** Compresses and deletes files, in the background. What fails is reported, and tried again after the next file. */
  tidy(): void {
    this.#work = this.#work
      .then(() => this.#compress())
      .then(() => this.#expire())
      .catch((error: Error) =>
        this.#report(`${this.#folder}: cannot compress or delete finished files: ${error.message}`),
      );
  }

  /** Resolves when the work of `tidy` is done. */
  idle(): Promise<void> {
    return this.#work;
  }

  async #compress(): Promise<void> {
    const all = await readdir(this.#folder);
    for (const name of all.filter(name => name.startsWith('flows-') && name.endsWith(PART)))
      await rm(join(this.#folder, name), { force: true });
    const { compress } = this.#options;
    if (compress === 'none') return;
    const { suffix, create } = COMPRESSORS[compress];
    for (const name of all.filter(name => PATTERN.test(name) && name.endsWith('.ndjson'))) {
      const path = join(this.#folder, name);
      const part = `${path}${suffix}${PART}`;
      try {
        await pipeline(createReadStream(path), create(), createWriteStream(part, { mode: 0o600, flush: true }));
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
      await rename(part, `${path}${suffix}`);
      await rm(path);
    }
  }

  async #expire(): Promise<void> {
    const { keepBytes = Number.POSITIVE_INFINITY, keepDays = Number.POSITIVE_INFINITY } = this.#options;
    const oldest = Date.now() - keepDays * DAY;
    let total = 0;
    for (const name of (await this.names()).reverse()) {
      const path = join(this.#folder, name);
      const { size, mtimeMs } = await stat(path);
      total += size;
      if (total > keepBytes || mtimeMs < oldest) await rm(path);
    }
  }
}
