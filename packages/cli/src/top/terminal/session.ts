import type { ReadStream, WriteStream } from 'node:tty';
import { ENTER, LEAVE } from './frame.js';
import { TtyOutput } from './tty-output.js';

/** Milliseconds that a slow line gets for the end of a frame, and for the screen to be given back. */
const PATIENCE = 2000;

/** What a session tells. */
export interface SessionListeners {
  input(text: string): void;
  resized(columns: number, lines: number): void;
  /** The terminal shows something else: after a suspension. */
  overwritten(): void;
  /** The terminal is gone. */
  ended(): void;
}

/** Standard output on a terminal. Its descriptor is not in the type of all streams. */
export type TerminalOutput = WriteStream & { readonly fd: number };

/** The part of the process that a session uses. */
type Process = Pick<NodeJS.Process, 'on' | 'off' | 'once' | 'kill' | 'pid'>;

/**
 * The terminal, taken over for a full screen. It is given back however the program ends: by a call, by an uncaught error, by
 * `process.exit`.
 */
export class TerminalSession {
  readonly #stdin: ReadStream;
  readonly #stdout: TerminalOutput;
  readonly #process: Process;
  readonly #listeners: SessionListeners;
  #entered = false;
  readonly #output: TtyOutput;
  readonly #closing = new AbortController();
  #writing: Promise<void> = Promise.resolve();

  constructor(stdin: ReadStream, stdout: TerminalOutput, listeners: SessionListeners, own: Process = process) {
    this.#stdin = stdin;
    this.#stdout = stdout;
    this.#output = new TtyOutput(stdout.fd);
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
    // Also after an uncaught error: Node prints the error afterwards.
    this.#process.on('exit', this.#onExit);
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
    const timer = setTimeout(() => this.#closing.abort(), PATIENCE);
    await this.#writing;
    clearTimeout(timer);
    this.#leave();
    this.#process.off('exit', this.#onExit);
    this.#output.close();
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

  /** Writes a text. Resolves when the terminal has taken it. Never rejects: a terminal that is gone ends the input, too. */
  write(text: string): Promise<void> {
    this.#writing = this.#output.write(text, this.#closing.signal);
    return this.#writing;
  }

  #enter(): void {
    this.#stdin.setRawMode(true);
    this.#entered = true;
    this.#output.writeNow(ENTER, PATIENCE);
  }

  #leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    this.#output.writeNow(LEAVE, PATIENCE);
    try {
      this.#stdin.setRawMode(false);
    } catch {
      // The terminal is gone.
    }
  }
}
