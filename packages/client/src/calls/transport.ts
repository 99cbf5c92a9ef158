import { ApiError, ClientError, type ProblemBody } from '../errors.js';
import { delayOf, type RetryOptions, sleep } from './backoff.js';

/** How a client reaches its server. */
export interface ClientOptions {
  /** The server's URL: `http://127.0.0.1:4680`, with or without a base path. */
  url: string | URL;
  /** The bearer token, or a function that returns the current one. */
  token?: string | (() => string | Promise<string>) | undefined;
  /** The function that sends requests. Default: the global `fetch`. */
  fetch?: typeof globalThis.fetch;
  /** Headers of every request, for example `traceparent`. */
  headers?: Readonly<Record<string, string>>;
  /**
   * Whether the server may compress responses. Default: true for other hosts, false for loopback, where compression
   * only costs time. A browser ignores this.
   */
  compress?: boolean;
  /**
   * Milliseconds until the whole response must arrive; for a stream, until its start. Default: 60,000. `Infinity` waits
   * without a limit. A call that sends a stream has no limit.
   */
  timeout?: number;
  /**
   * How failed calls are repeated. After 429 and 503 all calls are, because nothing was done. After a broken
   * connection, calls that only read are, and changes with an `idempotencyKey`. Default: at most three attempts.
   * `false`: no repeats.
   */
  retry?: RetryOptions | false;
}

/** A request to send. */
export interface Ask {
  method?: string;
  /** The path below the server's URL, with a leading slash. */
  path: string;
  /** Filter and parameters, encoded, without `?`. */
  query?: string;
  /** The body. Sent as JSON, unless it is text, bytes or a stream of bytes. */
  body?: unknown;
  type?: string;
  accept?: string;
  headers?: Readonly<Record<string, string>>;
  idempotencyKey?: string | undefined;
  /** Whether a POST request changes nothing, so that it may be repeated. */
  reads?: boolean;
  /** Whether the caller repeats the request itself. */
  endless?: boolean;
  signal?: AbortSignal | undefined;
}

/** The seconds of a Retry-After header, which is a number or a date. */
function retryAfterOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}

/** The error for a response whose status is not 2xx. */
async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  let problem: ProblemBody = {};
  if (/\bjson\b/.test(response.headers.get('content-type') ?? ''))
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === 'object' && value !== null) problem = value as ProblemBody;
    } catch {
      // The body is not JSON. The error then has the status only.
    }
  const requestId = response.headers.get('x-request-id') ?? undefined;
  const retryAfter = retryAfterOf(response.headers.get('retry-after'));
  return new ApiError(response.status, problem, {
    ...(requestId !== undefined && { requestId }),
    ...(retryAfter !== undefined && { retryAfter }),
  });
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Default time limit in milliseconds. A dump of millions of entries takes some seconds. */
const TIMEOUT = 60_000;
const MAX_ATTEMPTS = 3;
/** Statuses of temporary rejections: the server did nothing. */
const REFUSED = [429, 503];
/** Statuses of a proxy that did not reach the server, or got no response. */
const BETWEEN = [502, 504];
const BROKEN: readonly string[] = ['CONNECTION_FAILED', 'STREAM_CUT', 'TIMEOUT'];
const SAFE = ['GET', 'HEAD', 'QUERY', 'OPTIONS'];

/** Whether a body is sent without conversion to JSON. */
const isRaw = (body: unknown): boolean => typeof body === 'string' || ArrayBuffer.isView(body) || isStream(body);

const isStream = (body: unknown): boolean => typeof body === 'object' && body !== null && 'getReader' in body;

/** Whether a failed call may be repeated: nothing was done, or repeating it has no further effect. */
function isRepeatable({ method = 'GET', reads, idempotencyKey, body }: Ask, error: unknown): boolean {
  // A stream can only be read once.
  if (isStream(body)) return false;
  // A change that stopped halfway has a result, and must not be repeated.
  if (error instanceof ApiError && REFUSED.includes(error.status)) return error.problem.result === undefined;
  const safe = reads || SAFE.includes(method) || idempotencyKey !== undefined;
  if (error instanceof ApiError) return safe && BETWEEN.includes(error.status);
  return safe && error instanceof ClientError && BROKEN.includes(error.code);
}

/** A signal that is aborted together with the caller's, or after a time limit. */
interface Limit {
  readonly signal: AbortSignal;
  /** Ends the time limit. */
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

/** The paths of the past, by those of the present. */
const PAST: Readonly<Record<string, string>> = {
  '/conntrack': '/history',
  '/conntrack/count': '/history/count',
  '/conntrack/top': '/history/top',
  '/history/gaps': '/history/gaps',
};

/** Sends requests to one server, and converts failures to errors. */
export class Transport {
  readonly #base: string;
  readonly #options: ClientOptions;
  readonly #compress: boolean;
  /** The span of time of {@link past}, as a query string. */
  #range: string | undefined;

  constructor(options: ClientOptions, prefix = '') {
    const text = String(options.url);
    if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
      throw new ClientError('REQUEST_INVALID', `'${text}' is not an http or https URL`);
    this.#base = text.replace(/[/?#]*$/, '') + prefix;
    this.#options = options;
    this.#compress = options.compress ?? !LOOPBACK.test(new URL(text).hostname);
  }

  /** A transport to the same server, below another path. */
  below(prefix: string): Transport {
    return new Transport({ ...this.#options, url: this.#base }, prefix);
  }

  /** A transport to the recorded past of the same server, in a span of time. Only calls that read flows have a past. */
  past(range: string): Transport {
    const past = new Transport({ ...this.#options, url: this.#base });
    past.#range = range;
    return past;
  }

  /** The request about the past. @throws ClientError REQUEST_INVALID */
  #inPast(ask: Ask): Ask {
    const path = PAST[ask.path];
    if (path === undefined || (ask.method ?? 'GET') !== 'GET')
      throw new ClientError(
        'REQUEST_INVALID',
        'only lists, counts and top groups can be asked of the past, with a filter of at most 6,000 characters',
      );
    const query = [ask.query ?? '', this.#range].filter(part => part !== '').join('&');
    return { ...ask, path, query };
  }

  /**
   * Sends a request and returns the response with its body unread.
   *
   * @throws ApiError for a status other than 2xx; ClientError CONNECTION_FAILED, TIMEOUT
   */
  send(ask: Ask): Promise<Response> {
    return this.#repeated(ask, async (limit, response) => {
      // From here on there is no time limit for the body. The caller's signal still ends it.
      limit.release();
      return response;
    });
  }

  /**
   * Sends a request and returns the JSON of the response.
   *
   * @throws ApiError for a status other than 2xx; ClientError CONNECTION_FAILED, TIMEOUT, ANSWER_INVALID, STREAM_CUT
   */
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

  /** Repeats a request until it succeeds, or until another attempt makes no sense. */
  async #repeated<T>(ask: Ask, read: (limit: Limit, response: Response) => Promise<T>): Promise<T> {
    const { timeout = TIMEOUT, retry } = this.#options;
    const options = retry === false || ask.endless ? { maxAttempts: 1 } : { maxAttempts: MAX_ATTEMPTS, ...retry };
    for (let attempt = 1; ; attempt++) {
      const limit = limitOf(isStream(ask.body) ? Number.POSITIVE_INFINITY : timeout, ask.signal);
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

  async #attempt(asked: Ask, signal: AbortSignal): Promise<Response> {
    const ask = this.#range === undefined ? asked : this.#inPast(asked);
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
        // This API never redirects. A redirect would take the token to another server.
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

/** The reason of a failed fetch. Its own message is only `fetch failed`; the cause has the details. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : String(message);
}
