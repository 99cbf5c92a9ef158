import { write, writeSync } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';
import { ENTER, LEAVE } from './frame.js';

/** What a session tells. */
export interface SessionListeners {
  input(text: string): void;
  resized(columns: number, lines: number): void;
  /** The terminal shows something else: after a suspension. */
  overwritten(): void;
  /** The terminal is gone. */
  ended(): void;
}

/** The part of the process that a session uses. */
/** Standard output on a terminal. Its descriptor is not in the type of all streams. */
export type TerminalOutput = WriteStream & { readonly fd: number };

type Process = Pick<NodeJS.Process, 'on' | 'off' | 'once' | 'kill' | 'pid'>;

/**
 * The terminal, taken over for a full screen. It is given back however the program ends: by a call, by an uncaught error, by
 * `process.exit`.
 *
 * Frames are written by a thread, because a write to a terminal blocks: a slow line would block the keys with it.
 */
export class TerminalSession {
  readonly #stdin: ReadStream;
  readonly #stdout: TerminalOutput;
  readonly #process: Process;
  readonly #listeners: SessionListeners;
  #entered = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(stdin: ReadStream, stdout: TerminalOutput, listeners: SessionListeners, own: Process = process) {
    this.#stdin = stdin;
    this.#stdout = stdout;
    this.#listeners = listeners;
    this.#process = own;
  }

  readonly #onInput = (text: string): void => this.#listeners.input(text);
  readonly #onResize = (): void => {
    const { columns, rows } = this.#stdout;
    if (columns > 0 && rows > 0) this.#listeners.resized(columns, rows);
  };
  readonly #onEnd = (): void => this.#listeners.ended();
  readonly #onStop = (): void => this.suspend();
  readonly #onContinue = (): void => {
    if (!this.#entered) return;
    // Something else may have had the terminal in the meantime, and set its modes.
    this.#stdin.setRawMode(false);
    this.#enter();
    this.#onResize();
    this.#listeners.overwritten();
  };
  readonly #onExit = (): void => this.#leave();

  /** Takes the terminal over. */
  open(): void {
    this.#enter();
    this.#stdin.setEncoding('utf8');
    this.#stdin.on('data', this.#onInput);
    this.#stdin.on('end', this.#onEnd);
    this.#stdin.on('error', this.#onEnd);
    this.#stdin.resume();
    this.#stdout.on('resize', this.#onResize);
    this.#process.on('SIGTSTP', this.#onStop);
    this.#process.on('SIGCONT', this.#onContinue);
    this.#process.on('exit', this.#onExit);
    this.#process.on('uncaughtExceptionMonitor', this.#onExit);
  }

  /** Gives the terminal back. */
  async close(): Promise<void> {
    this.#stdin.off('data', this.#onInput);
    this.#stdin.off('end', this.#onEnd);
    this.#stdin.off('error', this.#onEnd);
    this.#stdin.pause();
    this.#stdout.off('resize', this.#onResize);
    this.#process.off('SIGTSTP', this.#onStop);
    this.#process.off('SIGCONT', this.#onContinue);
    await this.#writing;
    this.#leave();
    this.#process.off('exit', this.#onExit);
    this.#process.off('uncaughtExceptionMonitor', this.#onExit);
  }

  /** Stops the process, as Ctrl-Z does. Returns when it is continued. */
  suspend(): void {
    this.#leave();
    // Only the default action stops the process: and not if no shell could continue it.
    this.#process.off('SIGTSTP', this.#onStop);
    this.#process.kill(this.#process.pid, 'SIGTSTP');
    this.#process.on('SIGTSTP', this.#onStop);
    this.#enter();
    this.#onResize();
    this.#listeners.overwritten();
  }

  /** Writes a text. Resolves when the terminal has taken it; never rejects, because a terminal that is gone ends the input too. */
  write(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    this.#writing = new Promise(resolve => {
      const put = (from: number): void => {
        write(this.#stdout.fd, bytes, from, bytes.length - from, null, (error, written) => {
          if (error?.code === 'EAGAIN') setTimeout(put, 5, from);
          else if (error === null && from + written < bytes.length) put(from + written);
          else resolve();
        });
      };
      put(0);
    });
    return this.#writing;
  }

  #enter(): void {
    this.#stdin.setRawMode(true);
    this.#entered = true;
    this.#put(ENTER);
  }

  #leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    this.#put(LEAVE);
    try {
      this.#stdin.setRawMode(false);
    } catch {
      // The terminal is gone.
    }
  }

  #put(text: string): void {
    try {
      writeSync(this.#stdout.fd, text);
    } catch {
      // The terminal is gone, or takes nothing more: there is nothing to give back.
    }
  }
}
