import type { Flow } from '@conntrack/flow';
import type { Context } from '../process/context.js';
import type { OutputFormat } from './formats.js';
import { OutputClosed } from './output.js';

/**
 * Writes flows one by one as a list: a document in XML. Each flow is written at once, so that it is printed even if the
 * program is interrupted right afterwards. If the reader goes away, the rest is not written.
 */
export class FlowListWriter {
  readonly #output: Context['output'];
  readonly #format: OutputFormat;
  #count = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor({ output }: Pick<Context, 'output'>, format: OutputFormat) {
    this.#output = output;
    this.#format = format;
  }

  /** Writes a flow. {@link ready} waits until the next one can be written. */
  write(flow: Flow): void {
    const { head, separator, line } = this.#format;
    this.#writing = this.#output.write((this.#count++ === 0 ? head : separator) + line(flow));
    this.#writing.catch(() => {});
  }

  /** Waits while the reader is behind. */
  async ready(): Promise<void> {
    await this.#writing.catch(ignoreClosed);
  }

  /** Writes the end of the list. */
  async end(): Promise<void> {
    await this.#output.write(this.#count === 0 ? this.#format.empty : this.#format.tail).catch(ignoreClosed);
  }
}

function ignoreClosed(error: unknown): void {
  if (!(error instanceof OutputClosed)) throw error;
}
