import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { remove, segmentName } from './files.js';
import { encodeMark } from './journal-format.js';

/** Maximum size of a segment in bytes: about 250,000 rows, which DuckDB seals in memory at once. */
export const SEGMENT_BYTES = 32 * 2 ** 20;

/** The open segment of the journal. Whole blocks are appended to it; a failed append is undone. */
export class JournalWriter {
  readonly number: number;
  /** Bytes of whole blocks. */
  bytes = 0;
  readonly #file: FileHandle;
  #dirty = false;

  private constructor(number: number, file: FileHandle) {
    this.number = number;
    this.#file = file;
  }

  /** Creates a segment with a mark of the time, so that even an empty one says when it began. */
  static async create(folder: string, number: number, time: number): Promise<JournalWriter> {
    const writer = new JournalWriter(number, await open(join(folder, segmentName(number)), 'wx', 0o600));
    try {
      await writer.append([encodeMark(time)]);
    } catch (error) {
      await writer.#file.close();
      await remove(join(folder, segmentName(number)));
      throw error;
    }
    return writer;
  }

  get full(): boolean {
    return this.bytes >= SEGMENT_BYTES;
  }

  /** Appends blocks. If that fails, none of them is in the segment. */
  async append(blocks: readonly Uint8Array[]): Promise<void> {
    let at = this.bytes;
    try {
      for (const block of blocks) {
        for (let done = 0; done < block.length; ) {
          const { bytesWritten } = await this.#file.write(block, done, block.length - done, at + done);
          done += bytesWritten;
        }
        at += block.length;
      }
    } catch (error) {
      // The part of a block that was written must not stand before later blocks.
      await this.#file.truncate(this.bytes).catch(() => {});
      throw error;
    }
    this.bytes = at;
    this.#dirty = true;
  }

  /** Makes sure that everything is on the disk. */
  async sync(): Promise<void> {
    if (!this.#dirty) return;
    this.#dirty = false;
    await this.#file.datasync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
