import type { HeaderPairs } from '../wire/request.js';
import type { ReplyKind } from '../wire/subjects.js';

/** Default milliseconds of silence after which a node that was asked counts as silent. */
const SILENCE = 5_000;
/** Default milliseconds of silence for event streams, which have a pace of their own. */
const EVENT_SILENCE = 20_000;

/** Options of requests to a node. */
export interface AskOptions {
  /**
   * Milliseconds of silence after which a node counts as silent. A node that works for longer says so meanwhile, so this
   * does not limit the work. Default: 5,000, and 20,000 for event streams.
   */
  silence?: number;
}

/** A request to one node. */
export interface Ask {
  readonly node: string;
  readonly kind: ReplyKind;
  readonly silence: number;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: HeaderPairs;
  readonly body: Uint8Array | ReadableStream<Uint8Array> | undefined;
  readonly signal: AbortSignal | undefined;
}

/** The request of a call of `fetch`. */
export async function askOf(
  node: string,
  { silence }: AskOptions,
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<Ask> {
  const { signal: given, ...rest } = init;
  const signal = given ?? (input instanceof Request ? input.signal : undefined);
  signal?.throwIfAborted();
  // Without the signal: the Request would add a listener to it, for each of a thousand nodes.
  const asked = new Request(input, rest);
  const { pathname, search } = new URL(asked.url);
  const kind = pathname.endsWith('/events') ? 'events' : 'reply';
  return {
    ...{ node, kind, signal, path: pathname + search },
    silence: silence ?? (kind === 'events' ? EVENT_SILENCE : SILENCE),
    method: asked.method,
    headers: [...asked.headers],
    body: await bodyOf(asked, init.body instanceof ReadableStream),
  };
}

async function bodyOf(request: Request, streams: boolean): Promise<Ask['body']> {
  if (request.body === null) return undefined;
  return streams ? request.body : new Uint8Array(await request.arrayBuffer());
}
