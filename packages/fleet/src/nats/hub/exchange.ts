import { CreditReceiver } from '../wire/credit-receiver.js';
import { CreditSender } from '../wire/credit-sender.js';
import { creditFrame, FRAME, type Frame, frameOf, jsonFrame, jsonObject } from '../wire/frames.js';
import { isHeaderPairs } from '../wire/request.js';
import { NodeError } from './node-error.js';

/** Statuses of responses without a body. */
const BODILESS = [204, 205, 304];

/** Milliseconds that a timer may be late before this program counts as busy. */
const BUSY = 100;

/** What an exchange of the hub depends on. */
export interface HubExchangeOptions {
  readonly node: string;
  readonly method: string;
  /** Milliseconds of silence after which the node counts as silent. */
  readonly silence: number;
  /** Bytes of the answer that the node may send at first. */
  readonly credit: number;
  /** Maximum bytes of one frame's content. */
  readonly largest: number;
  /** The signal of whoever asked. */
  readonly signal: AbortSignal | undefined;
  /** Sends a frame to the node. */
  send(frame: Uint8Array): void;
  /** Called once: nothing more is expected. */
  over(): void;
}

/** One request to one node, and its answer so far. */
export class HubExchange {
  /** The answer; its body may still arrive. Rejects with a `NodeError`. */
  readonly response: Promise<Response>;
  readonly #options: HubExchangeOptions;
  readonly #timer: NodeJS.Timeout;
  #resolve!: (response: Response) => void;
  #reject!: (error: unknown) => void;
  #upload: CreditSender | undefined;
  #body: CreditReceiver | undefined;
  #over = false;
  /** When the node sent something last, or was asked. */
  #heard = performance.now();
  /** Whether the limit of silence was prolonged once. */
  #waitedAgain = false;

  constructor(options: HubExchangeOptions) {
    this.#options = options;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever asked handles it; an exchange that nobody waits for any more must not end the program.
    this.response.catch(() => {});
    const { silence, signal } = options;
    signal?.addEventListener('abort', this.#stop, { once: true });
    this.#timer = setTimeout(() => this.#quiet(), silence);
  }

  /** Sends the body of the request, as fast as the node takes it. */
  upload(body: ReadableStream<Uint8Array>): void {
    const { send, largest } = this.#options;
    this.#upload = new CreditSender(send, largest);
    this.#upload.body(body).catch(error => {
      send(jsonFrame(FRAME.fail, { message: String(error) }));
      this.fail(error, true);
    });
  }

  /** Takes a frame of the node. */
  receive(frame: Frame): void {
    if (this.#over) return;
    this.#listen();
    const { kind, seq, bytes } = frame;
    if (kind === FRAME.head && this.#body === undefined) this.#head(bytes);
    else if (kind === FRAME.data || kind === FRAME.end) this.#data(frame);
    else if (kind === FRAME.credit) this.#upload?.grant(seq);
    else if (kind === FRAME.cancel) this.#upload?.stop();
    else if (kind === FRAME.fail) this.#failed(String(jsonObject(bytes)?.message ?? 'the node failed'));
  }

  /** The hub still reads. */
  alive(): void {
    this.#options.send(frameOf(FRAME.alive));
  }

  /** Ends the exchange with an error. @param tell tells the node to stop, too */
  fail(error: unknown, tell = false): void {
    if (this.#over) return;
    this.#end();
    if (tell) this.#options.send(frameOf(FRAME.cancel));
    this.#upload?.stop();
    this.#reject(error);
    this.#body?.fail(error as Error);
  }

  #listen(): void {
    this.#waitedAgain = false;
    this.#heard = performance.now();
    this.#timer.refresh();
  }

  /** Nothing was heard for the whole time. If this program was busy meanwhile, messages may wait to be read. */
  #quiet(): void {
    const { node, silence } = this.#options;
    const late = performance.now() - this.#heard - silence;
    if (late > BUSY && !this.#waitedAgain) {
      this.#listen();
      this.#waitedAgain = true;
    } else this.fail(new NodeError('NODE_SILENT', node, `'${node}' sent nothing for ${silence} ms`), true);
  }

  readonly #stop = (): void => this.fail(this.#options.signal!.reason, true);

  #head(bytes: Uint8Array): void {
    const { node, method, credit, send } = this.#options;
    const { status, headers } = jsonObject(bytes) ?? {};
    if (typeof status !== 'number' || status < 200 || status > 599 || !isHeaderPairs(headers)) {
      this.#failed('its answer cannot be read');
      return;
    }
    this.#body = new CreditReceiver(
      {
        grant: more => send(creditFrame(more)),
        left: () => this.fail(new DOMException('the reader left', 'AbortError'), true),
      },
      credit,
      1,
    );
    const bodiless = method === 'HEAD' || BODILESS.includes(status);
    if (bodiless) this.#end();
    try {
      this.#resolve(
        new Response(bodiless ? null : this.#body.stream, { status, headers: headers as [string, string][] }),
      );
    } catch {
      this.#failed(`'${node}' sent headers that cannot be read`);
    }
  }

  #data(frame: Frame): void {
    if (this.#body?.take(frame)) this.#end();
    else if (this.#body === undefined) this.#failed('its answer begins in the middle');
  }

  #failed(reason: string): void {
    const { node } = this.#options;
    this.fail(new NodeError('NODE_FAILED', node, `'${node}': ${reason}`));
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#stop);
    this.#options.over();
  }
}
