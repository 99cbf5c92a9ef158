import { type Flow, refOf } from '@conntrack/flow';
import type { Table, TableError } from '@conntrack/table';
import { reasonOf } from '../process/reason.js';
import type { GaugeReader } from './data/gauge.js';
import type { FlowRow } from './data/snapshot.js';
import type { TopSource } from './data/source.js';
import { type Key, KeyReader } from './keys.js';
import { type Effect, questionOf, showSnapshot, type TopState } from './model/state.js';
import { press, resize } from './model/update.js';
import { ASK, FrameWriter } from './terminal/frame.js';
import type { Moment } from './view/header.js';
import { layout } from './view/layout.js';
import { type Look, write as writeLine } from './view/text.js';

/** A refresh may cost a quarter of the time. */
const SHARE = 4;
/** Milliseconds between the first refresh, which cannot have rates, and the second one. */
const SOON = 600;
/** Milliseconds after which a terminal that did not answer a question is treated as one that never answers. */
const SILENT = 5000;
/** Maximum milliseconds without a new frame after one that took long. */
const LONGEST_REST = 10_000;
/** Milliseconds that the end waits for an answer of the terminal. Otherwise the shell would read the answer as typed text. */
const ANSWER = 1000;
/** Milliseconds after which an Escape is the key, and not the begin of a sequence. */
const ESCAPE = 50;

/** The outside of the view. */
export interface TopOutside {
  readonly table: Table;
  readonly source: TopSource;
  readonly gauge: GaugeReader;
  readonly look: Look;
  /** Milliseconds since any moment. */
  now(): number;
  /** Milliseconds of processor time that this process took; absent if the work of a refresh is done elsewhere. */
  cpu?(): number;
  /** The time for people. */
  moment(): Moment;
  /** Writes to the terminal. */
  write(text: string): Promise<void>;
  suspend(): void;
}

/** Runs the view: turns keys and refreshes into changes of the state, and the state into frames. */
export class TopApp {
  readonly #state: TopState;
  readonly #outside: TopOutside;
  readonly #keys = new KeyReader();
  readonly #frames = new FrameWriter();
  readonly #ended = new AbortController();
  #result: { readonly interrupted: boolean } | undefined;
  /** The running refresh, which a new question aborts. */
  #running: AbortController | undefined;
  #wake: (() => void) | undefined;
  #isDue = true;
  #isDirty = false;
  #isWriting = false;
  #quietUntil = 0;
  #news: NodeJS.Timeout | undefined;
  /** Whether something new waits to be drawn. */
  #isNews = false;
  /** When the frame began whose end the terminal was asked about. */
  #asked: number | undefined;
  #hasAnswered = false;
  /** Whether the terminal gives no answers. */
  #isSilent = false;
  #onShown: (() => void) | undefined;
  #deleting: Promise<void> | undefined;
  #escape: NodeJS.Timeout | undefined;

  constructor(state: TopState, outside: TopOutside) {
    this.#state = state;
    this.#outside = outside;
  }

  /** Runs until the user quits or the signal aborts. Returns whether Ctrl-C ended it. */
  async run(signal: AbortSignal): Promise<{ interrupted: boolean }> {
    const stop = (): void => this.end();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    this.draw();
    try {
      const counting = this.#outside.gauge.count(this.#ended.signal);
      await this.#refreshes();
      await counting;
      await this.#deleting;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#ended.abort();
      clearTimeout(this.#escape);
      clearTimeout(this.#news);
      await this.#answered();
    }
    signal.throwIfAborted();
    return this.#result ?? { interrupted: false };
  }

  /** Takes in what the terminal sends. */
  input(text: string): void {
    clearTimeout(this.#escape);
    for (const key of this.#keys.read(text)) {
      if ('name' in key && key.name === 'shown') this.#shown();
      else this.#press(key);
    }
    if (this.#keys.pending)
      this.#escape = setTimeout(() => {
        for (const key of this.#keys.flush()) this.#press(key);
      }, ESCAPE);
  }

  /** Takes in a new size of the terminal. */
  resized(columns: number, lines: number): void {
    resize(this.#state, columns, lines);
    this.overwritten();
  }

  /** Draws everything again. */
  overwritten(): void {
    this.#frames.forget();
    this.draw();
  }

  /** Ends the view. */
  end(result = { interrupted: false }): void {
    this.#result ??= result;
    this.#ended.abort();
    this.#wake?.();
  }

  #press(key: Key): void {
    for (const effect of press(this.#state, key)) this.#do(effect);
    this.draw();
  }

  #do(effect: Effect): void {
    switch (effect.do) {
      case 'refresh':
        this.#isDue = true;
        this.#running?.abort();
        this.#wake?.();
        break;
      case 'delete':
        this.#deleting = this.#delete(effect.rows);
        break;
      case 'redraw':
        this.#frames.forget();
        break;
      case 'suspend':
        void this.#answered().then(() => this.#outside.suspend());
        break;
      case 'quit':
        this.end({ interrupted: effect.interrupted });
        break;
    }
  }

  /** Draws soon, and once for everything that changes at the same time. */
  draw(): void {
    if (this.#isDirty) return;
    this.#isDirty = true;
    setImmediate(() => void this.#draw());
  }

  /**
   * Draws what a refresh found, but not before the terminal has shown the last frame, and then rested for as long: on a slow line, keys
   * would otherwise wait behind frames that nobody needs any more.
   */
  #drawNews(): void {
    clearTimeout(this.#news);
    const { now } = this.#outside;
    if (this.#asked !== undefined && now() >= this.#asked + SILENT) {
      this.#asked = undefined;
      this.#isSilent = true;
    }
    const wait = this.#asked === undefined ? this.#quietUntil - now() : this.#asked + SILENT - now();
    if (wait <= 0) this.draw();
    else this.#news = setTimeout(() => this.#drawNews(), wait);
    this.#isNews = wait > 0;
  }

  /** The terminal has shown everything. */
  #shown(): void {
    const now = this.#outside.now();
    if (this.#asked !== undefined) this.#quietUntil = Math.min(2 * now - this.#asked, now + LONGEST_REST);
    this.#asked = undefined;
    this.#hasAnswered = true;
    this.#isSilent = false;
    this.#onShown?.();
    if (this.#isNews) this.#drawNews();
  }

  /** Waits for the answer of a terminal that gives answers. */
  async #answered(): Promise<void> {
    if (this.#asked === undefined || !this.#hasAnswered) return;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, ANSWER);
      this.#onShown = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Writes in parts. What has changed in the meantime is written instead of the rest. */
  async #draw(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    const { now, look, moment, write } = this.#outside;
    const began = now();
    let lines: readonly string[] = [];
    let hasWritten = false;
    while (!this.#ended.signal.aborted) {
      if (this.#isDirty) {
        this.#isDirty = false;
        const screen = layout(this.#state, moment());
        this.#state.offset = screen.offset;
        const { mode } = this.#state;
        if ('offset' in mode) mode.offset = screen.textOffset ?? 0;
        lines = screen.lines.map(line => writeLine(line, look));
      }
      const part = this.#frames.part(lines);
      if (part === '') break;
      hasWritten = true;
      await write(part);
    }
    this.#isWriting = false;
    if (hasWritten && this.#asked === undefined && !this.#isSilent && !this.#ended.signal.aborted) {
      this.#asked = began;
      await write(ASK);
    }
  }

  async #refreshes(): Promise<void> {
    const { now } = this.#outside;
    const { signal } = this.#ended;
    const state = this.#state;
    for (let isFirst = true; !signal.aborted; ) {
      const began = now();
      this.#isDue = false;
      await this.#refresh(signal);
      const soon = isFirst && state.snapshot !== undefined ? now() + SOON : Number.POSITIVE_INFINITY;
      isFirst &&= state.snapshot === undefined;
      while (!this.#isDue && !signal.aborted) {
        state.actual = Math.max(state.interval, (state.cost ?? 0) * SHARE);
        const left = Math.min(began + state.actual, soon) - now();
        if (left <= 0 && !state.paused) break;
        await this.#wait(state.paused ? undefined : left);
      }
    }
  }

  async #refresh(ended: AbortSignal): Promise<void> {
    const { source, gauge, now, cpu } = this.#outside;
    const state = this.#state;
    const running = new AbortController();
    this.#running = running;
    const signal = AbortSignal.any([running.signal, ended]);
    const began = now();
    const used = cpu?.() ?? 0;
    try {
      state.gauge = await gauge.read(signal);
      state.accounting = state.gauge.accounting ?? state.accounting;
      this.#drawNews();
      const snapshot = await source.refresh(questionOf(state), state.applied.filter, signal);
      if (signal.aborted) return;
      // On a busy machine, a refresh takes longer than it costs.
      state.cost = Math.min(now() - began, cpu === undefined ? Number.POSITIVE_INFINITY : cpu() - used);
      showSnapshot(state, snapshot);
    } catch (error) {
      if (signal.aborted) return;
      state.failure = reasonOf(error);
    } finally {
      this.#running = undefined;
    }
    this.#drawNews();
  }

  /** Waits for a time, or until something is to be done at once. */
  #wait(milliseconds: number | undefined): Promise<void> {
    return new Promise(resolve => {
      const timer = milliseconds === undefined ? undefined : setTimeout(() => this.#wake?.(), milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }

  /** Deletes exactly these flows, one by one: by their tuples, translations and ids. */
  async #delete(rows: readonly FlowRow[]): Promise<void> {
    const state = this.#state;
    const { signal } = this.#ended;
    const deletion = { done: 0, total: rows.length };
    state.deletion = deletion;
    const counts = { deleted: 0, gone: 0, refused: 0 };
    let reason = '';
    for (const { key, flow } of rows) {
      if (signal.aborted) return;
      const outcome = await deleteFlow(this.#outside.table, flow, signal);
      if (signal.aborted && outcome !== 'deleted') return;
      deletion.done++;
      if (outcome === 'deleted' || outcome === 'gone') {
        counts[outcome]++;
        state.marks.delete(key);
      } else {
        counts.refused++;
        reason ||= outcome;
      }
      this.draw();
    }
    state.deletion = undefined;
    const parts = [
      `${counts.deleted} ${counts.deleted === 1 ? 'flow' : 'flows'} deleted`,
      counts.gone > 0 && `${counts.gone} had ended before`,
      counts.refused > 0 && `${counts.refused} not deleted: ${reason}`,
    ];
    state.message = { text: parts.filter(part => part !== false).join(', '), bad: counts.refused > 0 };
    this.#do({ do: 'refresh' });
    this.draw();
  }
}

/** Deletes a flow. Returns the outcome, or why the flow was not deleted. */
async function deleteFlow(table: Table, flow: Flow, signal: AbortSignal): Promise<'deleted' | 'gone' | string> {
  try {
    await table.delete(refOf(flow), { signal });
    return 'deleted';
  } catch (error) {
    const { code, message } = error as TableError;
    return code === 'FLOW_NOT_FOUND' || code === 'FLOW_REPLACED' ? 'gone' : message;
  }
}
