import { ALL, type Filter } from '@conntrack/filter';
import type { TimeRange } from '@conntrack/flow/table';
import { type Certainty, type HistoryGap, TableError } from '@conntrack/flow/table';
import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { Database } from '../store/duckdb.js';
import { readFiles } from '../store/files.js';
import { Parameters } from './parameters.js';
import { openScope, type Scope, type SkippedFile, unreadable } from './scope.js';
import { Condition } from './where.js';

/** A question about a span of time. */
export interface Question {
  readonly filter?: Filter;
  /** Further fields that the question is about. */
  readonly fields?: readonly string[];
  readonly signal?: AbortSignal;
}

/** Asks the rows of one span of time. What the answers leave open is known after the first question. */
export class Answering implements Certainty {
  readonly folder: string;
  readonly range: TimeRange;
  readonly database: Database;
  gaps: readonly HistoryGap[] = [];
  skipped: readonly SkippedFile[] = [];

  constructor(folder: string, range: TimeRange, database: Database) {
    this.folder = folder;
    this.range = range;
    this.database = database;
  }

  async #open({ filter = ALL, fields = [] }: Question, skip: readonly SkippedFile[]): Promise<Scope> {
    const { folder, range, database } = this;
    const scope = await openScope({ folder, database, range, filter, fields, skip });
    this.gaps = scope.gaps;
    this.skipped = scope.skipped;
    return scope;
  }

  /** Opens the rows, asks, and closes. If files cannot be read, asks again without them. */
  async ask<Answer>(question: Question, ask: (scope: Scope) => Promise<Answer>): Promise<Answer> {
    question.signal?.throwIfAborted();
    const scope = await this.#tryOpen(question);
    const interrupt = (): void => scope.connection.interrupt();
    question.signal?.addEventListener('abort', interrupt, { once: true });
    try {
      return await ask(scope);
    } catch (error) {
      question.signal?.throwIfAborted();
      const skipped = await this.#damage(scope, error);
      if (skipped.length === 0) throw error;
      this.#known = [...this.#known, ...skipped];
    } finally {
      question.signal?.removeEventListener('abort', interrupt);
      scope.connection.closeSync();
    }
    return this.ask(question, ask);
  }

  #known: readonly SkippedFile[] = [];

  /** Opens the rows, without the files that a statement cannot read. */
  async #readable(question: Question, statement: () => { sql: string; parameters: Parameters }): Promise<Scope> {
    const scope = await this.#tryOpen(question);
    try {
      const { sql, parameters } = statement();
      await scope.connection.run(`SELECT count(COLUMNS(*)) FROM (${sql})`, parameters.values, parameters.types);
      return scope;
    } catch (error) {
      try {
        const skipped = await this.#damage(scope, error);
        if (skipped.length === 0) throw error;
        this.#known = [...this.#known, ...skipped];
      } finally {
        scope.connection.closeSync();
      }
    }
    return this.#readable(question, statement);
  }

  /** Opens the rows without the files whose damage shows at once. */
  async #tryOpen(question: Question): Promise<Scope> {
    try {
      return await this.#open(question, this.#known);
    } catch (error) {
      if (error instanceof TableError) throw error;
      const { sealed } = await readFiles(this.folder);
      const rest = sealed.filter(({ path }) => !this.#known.some(({ file }) => file === path));
      const found = await this.database.with(connection => unreadable(connection, rest));
      if (found.length === 0) throw error;
      this.#known = [...this.#known, ...found];
      return this.#tryOpen(question);
    }
  }

  async #damage({ connection, files }: Scope, error: unknown): Promise<SkippedFile[]> {
    return error instanceof TableError ? [] : unreadable(connection, files);
  }

  /**
   * Streams the chunks of an answer. Everything is read once before the first chunk is given out, so that a damaged file cannot end the answer
   * in the middle.
   */
  async *stream<Item>(
    question: Question,
    query: (where: string) => string,
    item: (chunk: DuckDBDataChunk) => Item,
  ): AsyncGenerator<Item> {
    const statement = (): { sql: string; parameters: Parameters } => {
      const parameters = new Parameters(this.database);
      return { sql: query(new Condition(parameters).of(question.filter ?? ALL)), parameters };
    };
    const { connection } = await this.#readable(question, statement);
    try {
      const { sql, parameters } = statement();
      const result = await connection.stream(sql, parameters.values, parameters.types);
      for (;;) {
        question.signal?.throwIfAborted();
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return;
        yield item(chunk);
      }
    } finally {
      connection.closeSync();
    }
  }
}
