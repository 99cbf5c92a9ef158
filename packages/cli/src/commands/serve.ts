import type { Filter } from '@conntrack/filter';
import type { ConntrackTable } from '@conntrack/table';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { filterOf } from '../filter-argument.js';
import { say } from '../io.js';
import { OutputClosed } from '../output/output.js';
import { banner } from '../serve/banner.js';
import { openFrom, type SourceOptions } from '../source.js';
import { UsageError } from '../usage-error.js';

/** The options of `ctctl serve`. */
export interface ServeArguments extends SourceOptions {
  listen?: string;
  anonymous: string;
  token?: string;
  protect?: string[];
  readOnly?: boolean;
  demo?: boolean;
}

/** `ctctl serve`: until Ctrl-C, which is its proper end. */
export async function serveTable({ io, output }: Context, options: ServeArguments): Promise<number> {
  const anonymous = anonymousOf(options.anonymous);
  if (options.token === '') throw new UsageError('--token is empty');
  const protect = await protectionOf(options.protect, text => say(io, text));
  if (options.demo) {
    if (options.netns !== undefined || !['kernel', 'auto'].includes(options.source))
      throw new UsageError('--demo has a table of its own: it does not go with --source or --netns');
    const { serveDemo } = await import('../serve/demo.js');
    return serveDemo(io, table => serveUntilEnd(table), protect);
  }
  const table = await openFrom(io, options, protect && { protect });
  try {
    return await serveUntilEnd(table);
  } finally {
    table.close();
  }

  async function serveUntilEnd(table: ConntrackTable): Promise<number> {
    const { serve } = await import('@conntrack/api');
    const given = options.token ?? (io.env.CONNTRACK_TOKEN || undefined);
    const server = await serve({
      table,
      anonymous,
      log: line => say(io, JSON.stringify(line)),
      ...(options.listen !== undefined && { listen: options.listen }),
      ...(given !== undefined && { adminToken: given }),
      ...(options.readOnly && { readOnly: true }),
    });
    try {
      const made = given === undefined && server.adminToken !== undefined ? { adminToken: server.adminToken } : {};
      const lines = await banner(table, {
        url: server.url,
        anonymous,
        ...made,
        readOnly: options.readOnly ?? false,
        demo: options.demo ?? false,
      });
      // A server goes on without anybody who reads its first lines.
      await output.write(`${lines}\n`).catch(error => {
        if (!(error instanceof OutputClosed)) throw error;
      });
      await aborted(io.signal);
    } finally {
      await server.close();
    }
    return EXIT.ok;
  }
}

/** @throws UsageError */
function anonymousOf(text: string): 'none' | 'read' {
  if (text !== 'none' && text !== 'read') throw new UsageError(`--anonymous: '${text}' is neither none nor read`);
  return text;
}

/** The filter of flows that no change touches; several are joined: a flow under any of them is spared. */
async function protectionOf(
  texts: readonly string[] | undefined,
  warn: (text: string) => void,
): Promise<Filter | undefined> {
  if (texts === undefined) return undefined;
  const { anyOf } = await import('@conntrack/filter');
  return anyOf(await Promise.all(texts.map(text => filterOf([text], { purpose: 'read', warn }))));
}

/** Resolves when the signal comes. */
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
