import { ApiError, ClientError } from '@conntrack/client';
import { FlowKeyError } from '@conntrack/flow';
import { type NodeFailure, TableError } from '@conntrack/flow/table';

const kebab = (code: string): string => code.toLowerCase().replaceAll('_', '-');

/** Returns the code and the reason of a node's failure. A server's own problem code is more exact than that of the table. */
export function failureOf(node: string, error: unknown): NodeFailure {
  const cause = error instanceof TableError ? (error.cause ?? error) : error;
  const detail = error instanceof Error ? error.message : String(error);
  if (cause instanceof ApiError)
    return { node, code: cause.code === 'unknown' ? `http-${cause.status}` : cause.code, detail };
  if (cause instanceof ClientError) return { node, code: kebab(cause.code), detail };
  if (error instanceof TableError || error instanceof FlowKeyError) return { node, code: kebab(error.code), detail };
  return { node, code: 'source-failed', detail };
}
