import { type FileHandle, open } from 'node:fs/promises';

/** How much is read at once to find the end of the last line. */
const STEP = 65_536;
const NEWLINE = 10;

/** Returns where the last whole line ends; 0 if there is none. */
async function endOfLines(file: FileHandle, size: number): Promise<number> {
  const buffer = Buffer.alloc(STEP);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - STEP);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    const at = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}

/** A file of whole lines: a line that was written in part is cut off, after a failed write and when the file is opened again. */
export class AppendFile {
  readonly #file: FileHandle;
  #size: number;
  #torn = false;
  #dirty = false;
  /** When the file was created, in milliseconds since 1970. */
  readonly created: number;
  /** When the file was last written before it was opened; `undefined` if it is new. */
  readonly writtenBefore: number | undefined;
  /** Bytes of an incomplete line that were cut off. */
  readonly cut: number;

  private constructor(file: FileHandle, size: number, found: { created: number; writtenBefore?: number; cut: number }) {
    this.#file = file;
    this.#size = size;
    this.created = found.created;
    this.writtenBefore = found.writtenBefore;
    this.cut = found.cut;
  }

  /** Opens or creates a file. */
  static async open(path: string): Promise<AppendFile> {
    const file = await open(path, 'a+', 0o600);
    try {
      const { size, birthtimeMs, mtimeMs } = await file.stat();
      const end = await endOfLines(file, size);
      if (end < size) await file.truncate(end);
      const created = birthtimeMs > 0 ? birthtimeMs : Date.now();
      return new AppendFile(file, end, { created, ...(size > 0 && { writtenBefore: mtimeMs }), cut: size - end });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Bytes of whole lines in the file. */
  get size(): number {
    return this.#size;
  }

  /** Appends whole lines. If that fails, the file has none of them. */
  async append(lines: Uint8Array): Promise<void> {
    if (this.#torn) await this.#repair();
    try {
      for (let at = 0; at < lines.length; ) at += (await this.#file.write(lines, at)).bytesWritten;
    } catch (error) {
      this.#torn = true;
      await this.#repair().catch(() => {});
      throw error;
    }
    this.#size += lines.length;
    this.#dirty = true;
  }

  async #repair(): Promise<void> {
    await this.#file.truncate(this.#size);
    this.#torn = false;
  }

  /** Makes what was appended survive a loss of power. */
  async sync(): Promise<void> {
    if (!this.#dirty) return;
    this.#dirty = false;
    await this.#file.datasync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
