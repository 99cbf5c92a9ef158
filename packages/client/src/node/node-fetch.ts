import { type ClientRequest, request as http, type IncomingMessage } from 'node:http';
import { request as https, type RequestOptions } from 'node:https';
import { pipeline, Readable } from 'node:stream';
import type { OptionKeys } from '@conntrack/flow/checks';
import { checkCall } from '../calls/rules.js';

/** Options that the global `fetch` does not have. */
export interface NodeFetchOptions {
  /** The path of the server's unix socket. The URL's host is then ignored: use `http://localhost`. */
  socketPath?: string;
  /** The CA certificates to trust, as PEM. Default: those of Node. */
  ca?: string | Buffer;
  /** The client's certificate and key as PEM, for servers that require one. */
  cert?: string | Buffer;
  key?: string | Buffer;
}

const NODE_FETCH: OptionKeys<NodeFetchOptions> = { socketPath: 0, ca: 0, cert: 0, key: 0 };

/** Statuses of responses without a body. */
const BODILESS = [204, 205, 304];

function responseOf(message: IncomingMessage, method: string): Response {
  const headers = new Headers();
  for (let i = 0; i < message.rawHeaders.length; i += 2)
    headers.append(message.rawHeaders[i]!, message.rawHeaders[i + 1]!);
  const status = message.statusCode!;
  const bodiless = method === 'HEAD' || BODILESS.includes(status);
  if (bodiless) message.resume();
  const body = bodiless
    ? null
    : (Readable.toWeb(message, { strategy: { highWaterMark: 1 } }) as ReadableStream<Uint8Array>);
  return new Response(body, { status, statusText: message.statusMessage ?? '', headers });
}

/**
 * Makes a `fetch` based on `node:http`, for unix sockets and client certificates. It does not follow redirects.
 *
 * @throws ClientError REQUEST_INVALID for an unknown option
 * @example
 * ```ts
 * import { ConntrackClient } from '@conntrack/client';
 * import { nodeFetch } from '@conntrack/client/node';
 *
 * const fetch = nodeFetch({ socketPath: '/run/conntrack/api.sock' });
 * const client = new ConntrackClient({ url: 'http://localhost', fetch });
 * ```
 */
export function nodeFetch(options: NodeFetchOptions): typeof globalThis.fetch {
  checkCall('nodeFetch', options, NODE_FETCH);
  return async (input, init) => {
    const asked = new Request(input, init);
    const { method, headers, signal } = asked;
    const stream = init?.body instanceof ReadableStream ? asked.body : null;
    const body = stream !== null || asked.body === null ? undefined : Buffer.from(await asked.arrayBuffer());
    const url = new URL(asked.url);
    const settings: RequestOptions = {
      method,
      signal,
      headers: {
        ...Object.fromEntries(headers),
        ...(body && { 'content-length': String(body.length) }),
      },
      ...options,
    };
    return new Promise<Response>((resolve, reject) => {
      const sent: ClientRequest = (url.protocol === 'https:' ? https : http)(url, settings);
      sent.on('error', reject);
      sent.on('response', message => resolve(responseOf(message, method)));
      if (stream === null) sent.end(body);
      else
        pipeline(Readable.fromWeb(stream as never), sent, error => {
          if (error) reject(error);
        });
    });
  };
}
