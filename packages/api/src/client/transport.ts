import { ApiError, ClientError, type ProblemBody } from './errors.js';

/** How a client reaches its server. */
export interface ClientOptions {
  /** Where the server is: `http://127.0.0.1:4680`, with or without a path in front of its routes. */
  url: string | URL;
  /** The bearer token, or what gives the one of the moment. */
  token?: string | (() => string | Promise<string>) | undefined;
  /** Makes the requests: the `fetch` of the platform unless told. */
  fetch?: typeof globalThis.fetch;
  /** Headers of every request: `traceparent`, say. */
  headers?: Readonly<Record<string, string>>;
}

/** One request, before it is one. */
export interface Ask {
  method?: string;
  /** Below the server's URL, with a slash in front. */
  path: string;
  /** Filter and parameters, encoded, without `?`. */
  query?: string;
  /** Becomes JSON, unless it is text. */
  body?: unknown;
  type?: string;
  accept?: string;
  headers?: Readonly<Record<string, string>>;
  idempotencyKey?: string | undefined;
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

/** Sends requests to one server, and turns what is no answer into errors. */
export class Transport {
  readonly #base: string;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions, prefix = '') {
    const text = String(options.url);
    if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
      throw new ClientError('REQUEST_INVALID', `'${text}' is no http or https URL`);
    this.#base = text.replace(/[/?#]*$/, '') + prefix;
    this.#options = options;
  }

  /** The same server, below another path. */
  below(prefix: string): Transport {
    return new Transport({ ...this.#options, url: this.#base }, prefix);
  }

  /** @throws ApiError for what is not 2xx; ClientError CONNECTION_FAILED */
  async send(ask: Ask): Promise<Response> {
    const { method = 'GET', path, query = '', body, type = 'application/json', signal } = ask;
    const { token, fetch = globalThis.fetch } = this.#options;
    signal?.throwIfAborted();
    const headers = new Headers(this.#options.headers);
    for (const [name, value] of Object.entries(ask.headers ?? {})) headers.set(name, value);
    headers.set('accept', ask.accept ?? 'application/json');
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
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        ...(signal && { signal }),
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw new ClientError('CONNECTION_FAILED', `there is no answer from ${this.#base}: ${reasonOf(error)}`, error);
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  /** The JSON of an answer. */
  async json<T>(ask: Ask): Promise<T> {
    const response = await this.send(ask);
    try {
      return (await response.json()) as T;
    } catch (error) {
      ask.signal?.throwIfAborted();
      if (error instanceof SyntaxError) throw new ClientError('ANSWER_INVALID', 'the answer is not JSON', error);
      throw new ClientError('STREAM_CUT', 'the connection broke off in the middle of the answer', error);
    }
  }
}

/** `fetch failed` says nothing; what it was stands beneath. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : String(message);
}
