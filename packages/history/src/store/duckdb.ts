import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

type Module = typeof import('@duckdb/node-api');

/** The version that this package is tested with. */
const VERSION = '1.5.6-r.1';

/** DuckDB is not installed, or cannot be loaded. */
export class DuckDBMissingError extends Error {
  override readonly name = 'DuckDBMissingError';
  readonly code = 'DUCKDB_MISSING';
}

/** Loads DuckDB, which is an optional dependency. @throws DuckDBMissingError, which says how to install it */
export async function loadDuckDB(): Promise<Module> {
  try {
    return await import('@duckdb/node-api');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
        ? 'is not installed'
        : `cannot be loaded (${message.split('\n')[0]})`;
    throw new DuckDBMissingError(
      `the history needs DuckDB, which ${why}. Install it: npm install @duckdb/node-api@${VERSION}`,
      {
        cause: error,
      },
    );
  }
}

/** How much DuckDB may use. */
export interface DuckDBLimits {
  /** Bytes of memory. Default: 128 MiB. */
  readonly memory?: number;
  /** Threads. Default: 2. */
  readonly threads?: number;
}

/** One DuckDB in memory, that runs questions over files and writes files. */
export class Database {
  readonly module: Module;
  readonly #instance: DuckDBInstance;

  private constructor(module: Module, instance: DuckDBInstance) {
    this.module = module;
    this.#instance = instance;
  }

  /** @param spill the folder for what does not fit into memory */
  static async open(spill: string, { memory = 128 * 2 ** 20, threads = 2 }: DuckDBLimits = {}): Promise<Database> {
    const module = await loadDuckDB();
    const instance = await module.DuckDBInstance.create(':memory:', {
      memory_limit: `${Math.floor(memory / 2 ** 20)}MiB`,
      threads: String(threads),
      temp_directory: spill,
      // Nothing is loaded from the network, and nothing that is not said here.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const database = new Database(module, instance);
    // Sealed files never change, so what is known of them can be kept.
    await database.with(connection => connection.run('SET GLOBAL parquet_metadata_cache = true'));
    return database;
  }

  /** Connects, calls a function, and disconnects when it has finished. */
  async with<Result>(use: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
    const connection = await this.connect();
    try {
      return await use(connection);
    } finally {
      connection.closeSync();
    }
  }

  connect(): Promise<DuckDBConnection> {
    return this.#instance.connect();
  }

  close(): void {
    this.#instance.closeSync();
  }
}

/** Writes text as a literal of SQL. For the names of the history's own files: values of questions are bound. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
