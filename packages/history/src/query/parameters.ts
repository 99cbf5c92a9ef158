import type { Address } from '@conntrack/flow';
import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { Database } from '../store/duckdb.js';

/** The values of a statement, which are bound and never written into its text. */
export class Parameters {
  readonly values: DuckDBValue[] = [];
  readonly types: DuckDBType[] = [];
  readonly #module: Database['module'];

  constructor({ module }: Pick<Database, 'module'>) {
    this.#module = module;
  }

  #bind(value: DuckDBValue, type: DuckDBType): string {
    this.types.push(type);
    return `$${this.values.push(value)}`;
  }

  /** Binds a number. A whole one is compared exactly, up to 2^53. */
  number(value: number): string {
    const { BIGINT, DOUBLE } = this.#module;
    return Number.isSafeInteger(value) ? this.#bind(BigInt(value), BIGINT) : this.#bind(value, DOUBLE);
  }

  text(value: string): string {
    return this.#bind(value, this.#module.VARCHAR);
  }

  /** Binds a time in milliseconds since 1970. */
  time(value: number): string {
    const { DuckDBTimestampValue, TIMESTAMP } = this.#module;
    return this.#bind(new DuckDBTimestampValue(BigInt(Math.round(value * 1000))), TIMESTAMP);
  }

  address({ words: [a, b, c, d] }: Pick<Address, 'words'>): string {
    const high = (BigInt(a) << 32n) | BigInt(b);
    const low = (BigInt(c) << 32n) | BigInt(d);
    return this.#bind(this.#module.uuidValue((high << 64n) | low), this.#module.UUID);
  }
}
