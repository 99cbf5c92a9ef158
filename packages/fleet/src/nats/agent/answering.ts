import type { Msg } from '@nats-io/transport-node';
import { FRAME, jsonFrame, readFrame } from '../wire/frames.js';
import { type ReceivedRequest, type RequestHead, readRequest } from '../wire/request.js';
import type { Subjects } from '../wire/subjects.js';
import { AgentExchange } from './exchange.js';
import type { AgentOptions } from './options.js';
import { RecentRequests } from './recent.js';

/** Default maximum number of requests that are answered at the same time. */
const EXCHANGES = 256;

/** What the answers of a node depend on. */
export interface AnsweringContext {
  readonly options: AgentOptions;
  readonly subjects: Subjects;
  /** The instance of the node: new with each start. */
  readonly instance: string;
  readonly maxPayload: () => number;
  publish(subject: string, message: Uint8Array): void;
}

/** The requests that a node answers now. */
export class Answering {
  readonly #context: AnsweringContext;
  readonly #recent = new RecentRequests();
  readonly #running = new Map<string, AgentExchange>();

  constructor(context: AnsweringContext) {
    this.#context = context;
  }

  /** Number of requests that are answered now. */
  get size(): number {
    return this.#running.size;
  }

  /** A message with a request. @param toMany whether other nodes receive it, too */
  asked({ data }: Msg, toMany: boolean): void {
    const request = readRequest(data);
    if (request === undefined) return;
    const { hub, exchange, instance } = request.head;
    // Meant for an earlier start of this node, or for another host with its name.
    if (instance !== undefined && instance !== this.#context.instance) return;
    const id = `${hub}.${exchange}`;
    // Delivered twice, but answered once.
    if (!this.#recent.add(id)) return;
    const refusal = this.#refusalOf(request.head, toMany);
    if (refusal !== undefined) this.#reply(request.head, jsonFrame(FRAME.fail, { message: refusal }));
    else this.#answer(id, request);
  }

  /** A message with a frame of a running exchange. */
  control({ subject, data }: Msg): void {
    const [exchange, hub] = subject.split('.').reverse();
    const frame = readFrame(data);
    if (frame !== undefined) this.#running.get(`${hub}.${exchange}`)?.receive(frame);
  }

  /** Ends all running exchanges: nobody reads their answers. */
  cancelAll(reason: string): void {
    for (const exchange of this.#running.values()) exchange.cancel(reason);
  }

  /** Why a request is not answered. */
  #refusalOf({ method, until }: RequestHead, toMany: boolean): string | undefined {
    if (until !== undefined && performance.now() > until) return 'the request arrived too late, and was not executed';
    // Nodes that are not in the inventory of the hub may receive it, too: a change is addressed to one node, always.
    if (toMany && !['GET', 'HEAD'].includes(method))
      return 'a request to many nodes can only read. Send a change to each node';
    const { exchanges = EXCHANGES } = this.#context.options;
    return this.size < exchanges ? undefined : `the node answers ${exchanges} requests already. Try again later`;
  }

  #answer(id: string, request: ReceivedRequest): void {
    const { options, maxPayload } = this.#context;
    const exchange = new AgentExchange(request, {
      send: frame => this.#reply(request.head, frame),
      fetch: options.fetch,
      maxPayload: maxPayload(),
    });
    this.#running.set(id, exchange);
    void exchange.run().finally(() => this.#running.delete(id));
  }

  #reply({ reply, hub, exchange }: RequestHead, frame: Uint8Array): void {
    const { subjects, options, publish } = this.#context;
    publish(subjects.reply(reply, options.node, hub, exchange), frame);
  }
}
