import { ApiError, ClientError, type ProblemBody } from '../errors.js';
import { delayOf, type RetryOptions, sleep } from './backoff.js';

/** How a client reaches its server. */
export interface ClientOptions {
  /** Where the server is: `http://127.0.0.1:4680`, with or without a path in front of its routes. */
  url: string | URL;
  /** The bearer token, or what gives the one of the moment. */
  token?: string | (() => string | Promise<string>) | undefined;
  /** Makes the requests; default: the `fetch` of the platform. */
  fetch?: typeof globalThis.fetch;
  /** Headers of every request: `traceparent`, say. */
  headers?: Readonly<Record<string, string>>;
  /** Whether answers may be compressed (default: from other hosts they may, and over loopback, where it only costs, not). A browser decides itself. */
  compress?: boolean;
  /** Milliseconds until the whole answer has to be there, and of a stream its beginning (default: 60,000). `Infinity` waits as long as it takes. */
  timeout?: number;
  /**
   * How calls are repeated that failed for the moment. After 429 and 503 all are, as nothing was done; after a broken connection those that read, and
   * changes with an `idempotencyKey`. Default: at most three tries. `false` repeats nothing.
   */
  retry?: RetryOptions | false;
}

/** One request, before it is one. */
export interface Ask {
  method?: string;
  /** Below the server's URL, with a slash in front. */
  path: string;
  /** Filter and parameters, encoded, without `?`. */
  query?: string;
  /** Becomes JSON, unless it is text, bytes or a stream of bytes. */
  body?: unknown;
  type?: string;
  accept?: string;
  headers?: Readonly<Record<string, string>>;
  idempotencyKey?: string | undefined;
  /** It changes nothing, although its method is POST. */
  reads?: boolean;
  /** Its caller makes it again after a failure. */
  endless?: boolean;
  signal?: AbortSignal | undefined;
}

/** Seconds of a Retry-After header: a number, or a date. */
function retryAfterOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}

/** An answer that is not 2xx, as an error. */
async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  let problem: ProblemBody = {};
  if (/\bjson\b/.test(response.headers.get('content-type') ?? ''))
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === 'object' && value !== null) problem = value as ProblemBody;
    } catch {
      // The status says what there is to say.
    }
  const requestId = response.headers.get('x-request-id') ?? undefined;
  const retryAfter = retryAfterOf(response.headers.get('retry-after'));
  return new ApiError(response.status, problem, {
    ...(requestId !== undefined && { requestId }),
    ...(retryAfter !== undefined && { retryAfter }),
  });
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Milliseconds that an answer may take: a dump of millions of entries takes some seconds. */
const TIMEOUT = 60_000;
const MAX_ATTEMPTS = 3;
/** Statuses of requests that were refused for the moment, and did nothing. */
const REFUSED = [429, 503];
/** What a proxy says that did not reach the server, or got no answer from it. */
const BETWEEN = [502, 504];
const BROKEN: readonly string[] = ['CONNECTION_FAILED', 'STREAM_CUT', 'TIMEOUT'];
const SAFE = ['GET', 'HEAD', 'QUERY', 'OPTIONS'];

/** What is sent as it is. */
const isRaw = (body: unknown): boolean => typeof body === 'string' || ArrayBuffer.isView(body) || isStream(body);

const isStream = (body: unknown): boolean => typeof body === 'object' && body !== null && 'getReader' in body;

/** Whether a call that failed may be made again: nothing was done, or doing it twice is the same as once. */
function isRepeatable({ method = 'GET', reads, idempotencyKey, body }: Ask, error: unknown): boolean {
  // A stream has been read.
  if (isStream(body)) return false;
  // A change that was stopped in the middle says how far it came.
  if (error instanceof ApiError && REFUSED.includes(error.status)) return error.problem.result === undefined;
  const safe = reads || SAFE.includes(method) || idempotencyKey !== undefined;
  if (error instanceof ApiError) return safe && BETWEEN.includes(error.status);
  return safe && error instanceof ClientError && BROKEN.includes(error.code);
}

/** A signal that ends with the caller's, or when the time is over. */
interface Limit {
  readonly signal: AbortSignal;
  /** The time does not count any more. */
  release(): void;
}

function limitOf(timeout: number, signal: AbortSignal | undefined): Limit {
  const own = new AbortController();
  const late = (): void =>
    own.abort(new ClientError('TIMEOUT', `no response within ${timeout} ms. Raise 'timeout' to wait longer`));
  const timer = timeout === Number.POSITIVE_INFINITY ? undefined : setTimeout(late, timeout);
  return {
    signal: AbortSignal.any(signal ? [signal, own.signal] : [own.signal]),
    release: () => clearTimeout(timer),
  };
}

/** Sends requests to one server, and turns what is not an answer into errors. */
export class Transport {
  readonly #base: string;
  readonly #options: ClientOptions;
  readonly #compress: boolean;

  constructor(options: ClientOptions, prefix = '') {
    const text = String(options.url);
    if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
      throw new ClientError('REQUEST_INVALID', `'${text}' is not an http or https URL`);
    this.#base = text.replace(/[/?#]*$/, '') + prefix;
    this.#options = options;
    this.#compress = options.compress ?? !LOOPBACK.test(new URL(text).hostname);
  }

  /** The same server, below another path. */
  below(prefix: string): Transport {
    return new Transport({ ...this.#options, url: this.#base }, prefix);
  }

  /** An answer whose body is the caller's to read. @throws ApiError for what is not 2xx; ClientError CONNECTION_FAILED, TIMEOUT */
  send(ask: Ask): Promise<Response> {
    return this.#repeated(ask, async (limit, response) => {
      // From here on the body takes its own time, and the caller's signal ends it.
      limit.release();
      return response;
    });
  }

  /** The JSON of an answer. @throws as {@link send}; ClientError ANSWER_INVALID, STREAM_CUT */
  json<T>(ask: Ask): Promise<T> {
    return this.#repeated(ask, async (limit, response) => {
      try {
        return (await response.json()) as T;
      } catch (error) {
        ask.signal?.throwIfAborted();
        if (limit.signal.aborted) throw limit.signal.reason;
        if (error instanceof SyntaxError) throw new ClientError('ANSWER_INVALID', 'the response is not JSON', error);
        throw new ClientError('STREAM_CUT', 'the connection was closed in the middle of the response', error);
      }
    });
  }

  /** Asks until there is an answer, or another try is of no use. */
  async #repeated<T>(ask: Ask, read: (limit: Limit, response: Response) => Promise<T>): Promise<T> {
    const { timeout = TIMEOUT, retry } = this.#options;
    const options = retry === false || ask.endless ? { maxAttempts: 1 } : { maxAttempts: MAX_ATTEMPTS, ...retry };
    for (let attempt = 1; ; attempt++) {
      const limit = limitOf(timeout, ask.signal);
      try {
        return await read(limit, await this.#attempt(ask, limit.signal));
      } catch (error) {
        if (attempt >= options.maxAttempts || !isRepeatable(ask, error)) throw error;
        const delay = delayOf(attempt, options, error instanceof ApiError ? error.retryAfter : undefined);
        options.onRetry?.({ attempt, delay, error: error as Error });
        await (options.sleep ?? sleep)(delay, ask.signal);
      } finally {
        limit.release();
      }
    }
  }

  async #attempt(ask: Ask, signal: AbortSignal): Promise<Response> {
    const { method = 'GET', path, query = '', body, type = 'application/json' } = ask;
    const { token, fetch = globalThis.fetch } = this.#options;
    signal.throwIfAborted();
    const headers = new Headers(this.#options.headers);
    for (const [name, value] of Object.entries(ask.headers ?? {})) headers.set(name, value);
    headers.set('accept', ask.accept ?? 'application/json');
    if (!this.#compress) headers.set('accept-encoding', 'identity');
    if (body !== undefined) headers.set('content-type', type);
    if (ask.idempotencyKey !== undefined) headers.set('idempotency-key', ask.idempotencyKey);
    const bearer = typeof token === 'function' ? await token() : token;
    if (bearer !== undefined) headers.set('authorization', `Bearer ${bearer}`);
    let response: Response;
    try {
      response = await fetch(this.#base + path + (query === '' ? '' : `?${query}`), {
        method,
        headers,
        // A server that redirects is not this one; a token does not travel on.
        redirect: 'error',
        ...(body !== undefined && { body: isRaw(body) ? (body as string) : JSON.stringify(body) }),
        ...(isStream(body) && { duplex: 'half' }),
        signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      throw new ClientError('CONNECTION_FAILED', `no response from ${this.#base}: ${reasonOf(error)}`, error);
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }
}

/** `fetch failed` says nothing; what it was stands beneath. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : String(message);
}
