/** Receives sentences for the log: what an output lost, and that it works again. */
export type Report = (sentence: string) => void;

/** The shortest time between two reports of losses that have the same cause. */
const INTERVAL = 60_000;

/** Counts what an output drops, and reports it: the first loss at once, and further ones once a minute. */
export class Losses {
  /** Everything that was dropped so far. */
  total = 0;
  #unreported = 0;
  #why = '';
  #timer: NodeJS.Timeout | undefined;
  readonly #report: Report;
  readonly #output: string;
  readonly #unit: string;

  /** @param unit what is lost: `record` */
  constructor(report: Report, output: string, unit: string) {
    this.#report = report;
    this.#output = output;
    this.#unit = unit;
  }

  /** Adds a loss. @param why a clause: `the disk is full` */
  add(count: number, why: string): void {
    if (why !== this.#why) this.tell();
    this.total += count;
    this.#unreported += count;
    this.#why = why;
    if (this.#timer === undefined) this.tell();
  }

  /** Reports losses that were not yet reported. */
  tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#unreported === 0) return;
    const lost =
      this.#unreported === 1 ? `1 ${this.#unit} was` : `${this.#unreported.toLocaleString('en')} ${this.#unit}s were`;
    this.#report(`${this.#output}: ${lost} lost: ${this.#why}`);
    this.#unreported = 0;
    this.#timer = setTimeout(() => this.tell(), INTERVAL).unref();
  }
}
