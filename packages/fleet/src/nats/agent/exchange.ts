import { CreditReceiver, FIRST_CREDIT } from '../wire/credit-receiver.js';
import { CreditSender } from '../wire/credit-sender.js';
import { creditFrame, FRAME, FRAME_OVERHEAD, type Frame, frameOf, jsonFrame } from '../wire/frames.js';
import type { AnswerHead, ReceivedRequest } from '../wire/request.js';

/** Milliseconds without a sign of the hub after which nobody reads the answer any more. */
const HUB_SILENCE = 20_000;
/** Maximum bytes of one frame's content, if the broker allows as much. */
const LARGEST_FRAME = 128 * 1024;
/** Headers that belong to a connection, and not to a request. */
const OF_CONNECTION = new Set(['connection', 'content-length', 'host', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** Where an exchange sends its frames, and who answers. */
export interface ExchangeContext {
  send(frame: Uint8Array): void;
  fetch(request: Request): Response | Promise<Response>;
  readonly maxPayload: number;
}

/** One request of a hub, and the node's answer. */
export class AgentExchange {
  readonly #context: ExchangeContext;
  readonly #request: ReceivedRequest;
  readonly #ended = new AbortController();
  readonly #sender: CreditSender;
  #body: CreditReceiver | undefined;
  /** When the hub was heard last, and when this node sent something last. */
  #heard = performance.now();
  #sent = performance.now();

  constructor(request: ReceivedRequest, context: ExchangeContext) {
    this.#context = context;
    this.#request = request;
    const largest = Math.min(LARGEST_FRAME, context.maxPayload - FRAME_OVERHEAD);
    this.#sender = new CreditSender(frame => this.#send(frame), largest, request.head.credit, 1);
  }

  /** Answers the request. Resolves when the exchange is over, and never rejects. */
  async run(): Promise<void> {
    const { sign } = this.#request.head;
    const timer = setInterval(() => this.#beat(sign), Math.max(20, sign / 4));
    try {
      const response = await this.#context.fetch(this.#asRequest());
      const head: AnswerHead = { status: response.status, headers: [...response.headers] };
      if (this.#ended.signal.aborted) return await response.body?.cancel();
      this.#send(jsonFrame(FRAME.head, head));
      await this.#sender.body(response.body);
    } catch (error) {
      if (!this.#ended.signal.aborted) this.#send(jsonFrame(FRAME.fail, { message: String((error as Error).message) }));
    } finally {
      clearInterval(timer);
      // The request is over in any case: whoever listens to its signal may clean up.
      this.cancel('the exchange is over');
    }
  }

  /** A frame of the hub. */
  receive(frame: Frame): void {
    this.#heard = performance.now();
    const { kind, seq, bytes } = frame;
    if (kind === FRAME.credit) this.#sender.grant(seq);
    else if (kind === FRAME.cancel) this.cancel('the reader left');
    else if (kind === FRAME.data || kind === FRAME.end) this.#body?.take(frame);
    else if (kind === FRAME.fail) this.#body?.fail(new Error(Buffer.from(bytes).toString()));
  }

  /** Ends the exchange: nobody reads the answer. */
  cancel(reason: string): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(new DOMException(reason, 'AbortError'));
    this.#sender.stop();
    this.#body?.fail(new Error(reason));
  }

  #send(frame: Uint8Array): void {
    this.#sent = performance.now();
    this.#context.send(frame);
  }

  #beat(sign: number): void {
    const now = performance.now();
    if (now - this.#heard > HUB_SILENCE) this.cancel('the hub is silent');
    else if (now - this.#sent >= sign * 0.7) this.#send(frameOf(FRAME.alive));
  }

  #asRequest(): Request {
    const { head, body } = this.#request;
    const headers = new Headers();
    for (const [name, value] of head.headers) if (!OF_CONNECTION.has(name.toLowerCase())) headers.append(name, value);
    const { signal } = this.#ended;
    const known = { method: head.method, headers, signal };
    // The name of the host means nothing here. No browser can send this request.
    const url = `http://localhost${head.path}`;
    if (!head.streams) return new Request(url, { ...known, ...(body && { body: new Uint8Array(body) }) });
    this.#body = new CreditReceiver({
      grant: bytes => this.#send(creditFrame(bytes)),
      left: () => this.#send(frameOf(FRAME.cancel)),
    });
    this.#send(creditFrame(FIRST_CREDIT));
    return new Request(url, { ...known, body: this.#body.stream, duplex: 'half' } as RequestInit);
  }
}
