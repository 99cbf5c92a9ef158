import { printableJson } from '@conntrack/flow/text';
import { type ExpectationEvents, expectationKey } from '@conntrack/table';
import { EVENT_MEDIA_TYPES, type EventFormat, SIGN_OF_LIFE, sseHead } from '../events/records.js';
import type { AnswerStream } from '../http/answer/answer-stream.js';
import { COMMON_HEADERS } from '../http/answer/headers.js';
import { openAnswerStream } from '../http/answer/open-answer-stream.js';
import { readParameters } from '../http/query/query.js';
import { ExpectationEventTextSchema } from '../schemas/expectation.js';
import { eventContent, formatOf, formatParameter, typesParameter } from './event-parameters.js';
import type { Exchange, Operation } from './operation.js';

/** Maximum number of unread events that the kernel keeps for a stream. Expectations are rare compared with flows. */
const BUFFER = 1000;
/** Milliseconds between bytes that keep the connection alive. */
const HEARTBEAT = 15_000;

const parameters = { types: typesParameter, format: formatParameter };

/** A record: `new`, `update`, `destroy`, `gap` or `bye`, with its members. */
type Line = { readonly type: string } & Readonly<Record<string, unknown>>;

const write = (format: EventFormat, record: Line): Buffer => {
  const line = `${printableJson(record)}\n`;
  return Buffer.from(format === 'ndjson' ? line : `${sseHead(record.type, undefined)}${line}\n`);
};

/** Writes events until the reader leaves or stalls, its access ends, or the server stops. */
async function pump(
  exchange: Exchange,
  events: ExpectationEvents,
  out: AnswerStream,
  format: EventFormat,
): Promise<void> {
  const { limits, closing, report } = exchange;
  let drained: (() => void) | undefined;
  let left = false;
  let allowed = true;
  out.onDrain = () => drained?.();
  out.onClose = () => {
    left = true;
    events.close();
    drained?.();
  };
  const stop = (): void => events.close();
  closing?.addEventListener('abort', stop, { once: true });
  const beat = setInterval(async () => {
    allowed = await exchange.allowed();
    if (left) return;
    if (allowed) out.write(SIGN_OF_LIFE[format]);
    else events.close();
  }, HEARTBEAT).unref();
  const send = async (record: Line): Promise<void> => {
    if (left || out.write(write(format, record))) return;
    const late = setTimeout(
      () => out.cut(new DOMException('the reader accepted no data', 'TimeoutError')),
      limits.stall,
    );
    await new Promise<void>(resolve => {
      drained = resolve;
    });
    clearTimeout(late);
  };
  try {
    // The response headers are sent with the first bytes, and the first event may be hours away.
    out.write(SIGN_OF_LIFE[format]);
    for await (const event of events) {
      if (event.type === 'gap') await send({ type: 'gap', where: 'kernel', count: null });
      else {
        const key = expectationKey(event.expectation);
        await send({ ...event, expectation: { ...(key !== undefined && { key }), ...event.expectation } });
      }
      if (left) return;
    }
    await send({ type: 'bye', reason: closing?.aborted ? 'shutdown' : allowed ? 'source-ended' : 'access-ended' });
  } catch (error) {
    report(error);
    await send({ type: 'bye', reason: 'source-failed' });
  } finally {
    clearInterval(beat);
    closing?.removeEventListener('abort', stop);
    events.close();
    if (!left) out.end();
  }
}

export const expectationEvents: Operation = {
  id: 'watchExpectations',
  method: 'get',
  path: '/expectations/events',
  summary: 'Watch expectation events',
  description:
    'Streams expectation events as NDJSON or Server-Sent Events, until the client disconnects or the server ends the stream: `new`, `update` and `destroy` with an `expectation`, `gap` where the kernel lost events, and `bye` at the end. A stream cannot be resumed: after a `gap` or a broken connection, list the expectations again. Not available to tokens that are limited by a filter.',
  tag: 'expectations',
  access: 'flows:watch',
  endless: true,
  whole: true,
  parameters,
  answers: {
    200: {
      description: 'The event stream',
      content: eventContent(ExpectationEventTextSchema),
    },
  },
  problems: ['unsupported', 'not-privileged', 'source-failed'],
  handle(exchange) {
    const { c, raw, table } = exchange;
    const { types, format: asked } = readParameters(raw, parameters);
    const format = formatOf(c, asked);
    const events = table.expectations.events({ buffer: BUFFER, ...(types && { types }) });
    if (c.req.method === 'HEAD') {
      events.close();
      return new Response(null, { headers: { ...COMMON_HEADERS, 'content-type': EVENT_MEDIA_TYPES[format] } });
    }
    const { out, response } = openAnswerStream(c, EVENT_MEDIA_TYPES[format], { prompt: true });
    void pump(exchange, events, out, format);
    return response;
  },
};
