import type { Msg } from '@nats-io/transport-node';
import type { Broker } from '../broker/connect.js';
import { FIRST_CREDIT } from '../wire/credit-receiver.js';
import { FRAME_OVERHEAD, readFrame } from '../wire/frames.js';
import { type RequestHead, requestMessage } from '../wire/request.js';
import { type Audience, nodeOfSubject, type Subjects } from '../wire/subjects.js';
import type { Ask } from './ask.js';
import { HubExchange } from './exchange.js';
import { NodeError, type NodeErrorCode } from './node-error.js';
import type { NodeInfo, Roster } from './roster.js';

/** Maximum bytes of one frame's content, if the broker allows as much. */
const LARGEST_FRAME = 128 * 1024;
/** Default milliseconds in which the answers to a broadcast must begin. */
const DEADLINE = 2_000;
/** The status of a message of the broker: nobody subscribes to the subject. */
const NO_RESPONDERS = 503;

/** A request to all nodes, or to all with a tag. It can only read. */
export interface BroadcastRequest {
  to: Audience;
  method?: 'GET' | 'HEAD';
  /** Path and query. */
  path: string;
  headers?: Readonly<Record<string, string>>;
}

/** Options of a request to many nodes. */
export interface BroadcastOptions {
  /** Milliseconds in which each answer must begin. Default: 2,000. */
  deadline?: number;
  signal?: AbortSignal;
}

/** What one node answered: a response, or why there is none. */
export type NodeAnswer = { readonly response: Response } | { readonly error: NodeError };

/** The requests of a hub that wait for answers. */
export class Exchanges {
  readonly #broker: Broker;
  readonly #subjects: Subjects;
  readonly #hub: string;
  readonly #roster: Roster;
  /** By node and exchange: only the node that was asked can answer. */
  readonly #pending = new Map<string, { readonly node: string; readonly exchange: HubExchange }>();
  #count = 0;

  constructor(broker: Broker, subjects: Subjects, hub: string, roster: Roster) {
    this.#broker = broker;
    this.#subjects = subjects;
    this.#hub = hub;
    this.#roster = roster;
  }

  /** Asks one node. @throws NodeError, or the reason of the signal */
  async one(ask: Ask): Promise<Response> {
    const { node, silence, signal, body, kind, method, path, headers } = ask;
    const info = this.#roster.find(node);
    if (info === undefined) throw new NodeError('NODE_UNKNOWN', node, `'${node}' is not a node of this fleet`);
    if (info.state === 'duplicate') throw new NodeError('NODE_DUPLICATE', node, info.notes[0]!);
    if (info.state === 'left') throw new NodeError('NODE_OFFLINE', node, `'${node}' has left the fleet`);
    this.#requireBroker(node);
    const name = this.#next();
    const until = this.#roster.clockOf(node, performance.now() + silence);
    const head: RequestHead = {
      ...this.#head(name, silence),
      ...{ reply: kind, method, path, headers },
      ...(info.instance !== undefined && { instance: info.instance }),
      ...(until !== undefined && until >= 0 && { until }),
    };
    const whole = body instanceof Uint8Array ? requestMessage(head, body) : requestMessage(head);
    const fits = whole.length <= this.#broker.maxPayload;
    const streams = body !== undefined && (!fits || body instanceof ReadableStream);
    const message = streams ? requestMessage({ ...head, streams }) : whole;
    if (message.length > this.#broker.maxPayload)
      throw new NodeError(
        'REQUEST_TOO_LARGE',
        node,
        `the path and the headers of the request have ${message.length} bytes; the broker takes ${this.#broker.maxPayload}. Raise its max_payload`,
      );
    const exchange = this.#open({ node, name, method, silence, signal });
    this.#broker.connection.publish(this.#subjects.request(node), message, {
      // Where the broker says that nobody listens. The node makes the subject of its answers itself.
      reply: this.#subjects.reply(kind, node, this.#hub, name),
    });
    if (streams) exchange.upload(body instanceof ReadableStream ? body : streamOf(body));
    return exchange.response;
  }

  /** Asks many nodes with one message. Returns an answer for each of them. @throws the reason of the signal */
  async many(
    nodes: readonly NodeInfo[],
    { to, method = 'GET', path, headers = {} }: BroadcastRequest,
    { deadline = DEADLINE, signal }: BroadcastOptions,
  ): Promise<Map<string, NodeAnswer>> {
    signal?.throwIfAborted();
    this.#requireBroker(to === 'all' ? 'all' : to.tag);
    const name = this.#next();
    const answers = new Map<string, NodeAnswer>();
    const asked: HubExchange[] = [];
    const answer = async ({ id, state, notes }: NodeInfo): Promise<void> => {
      answers.set(id, { error: new NodeError('NODE_DUPLICATE', id, notes[0] ?? '') });
      if (state === 'duplicate') return;
      const exchange = this.#open({ node: id, name, method, silence: deadline, signal });
      asked.push(exchange);
      const late = (): void =>
        exchange.fail(new NodeError('NODE_SILENT', id, `'${id}' did not answer within ${deadline} ms`), true);
      // A sign of life does not prolong this limit.
      const timer = setTimeout(late, deadline);
      await exchange.response
        .then(
          response => answers.set(id, { response }),
          error => answers.set(id, { error }),
        )
        .finally(() => clearTimeout(timer));
    };
    const all = Promise.all(nodes.map(answer));
    const head = {
      ...this.#head(name, deadline),
      reply: 'reply',
      method,
      path,
      headers: Object.entries(headers),
    } as const;
    this.#broker.connection.publish(this.#subjects.broadcast(to), requestMessage(head));
    await all;
    signal?.throwIfAborted();
    return answers;
  }

  /** Takes a message for this hub. */
  receive({ subject, data, headers }: Msg): void {
    const node = nodeOfSubject(subject);
    const pending = this.#pending.get(`${node} ${subject.slice(subject.lastIndexOf('.') + 1)}`);
    if (pending === undefined) return;
    const frame = readFrame(data);
    if (headers?.code === NO_RESPONDERS)
      pending.exchange.fail(new NodeError('NODE_OFFLINE', node, `'${node}' is not connected to the broker`));
    else if (frame !== undefined) pending.exchange.receive(frame);
  }

  /** Tells the nodes that answer that somebody still reads. */
  alive(): void {
    for (const { exchange } of this.#pending.values()) exchange.alive();
  }

  /** Ends all requests to a node. */
  failNode(node: string, code: NodeErrorCode, message: string): void {
    for (const each of [...this.#pending.values()])
      if (each.node === node) each.exchange.fail(new NodeError(code, node, message));
  }

  /** Ends all requests. */
  failAll(code: NodeErrorCode, message: string): void {
    for (const { node, exchange } of [...this.#pending.values()])
      exchange.fail(new NodeError(code, node, `'${node}': ${message}`), true);
  }

  #next(): string {
    return (this.#count++).toString(36);
  }

  #head(exchange: string, silence: number): Pick<RequestHead, 'hub' | 'exchange' | 'sign' | 'credit'> {
    return { hub: this.#hub, exchange, sign: silence / 3, credit: FIRST_CREDIT };
  }

  #requireBroker(node: string): void {
    // A message that waits for the broker would be executed when nobody expects it any more.
    if (!this.#broker.connected)
      throw new NodeError('BROKER_LOST', node, `cannot ask '${node}': the broker is not connected`);
  }

  #open({ node, name, method, silence, signal }: Opened): HubExchange {
    const key = `${node} ${name}`;
    const control = this.#subjects.control(node, this.#hub, name);
    const exchange = new HubExchange({
      ...{ node, method, silence, signal, credit: FIRST_CREDIT },
      largest: Math.min(LARGEST_FRAME, this.#broker.maxPayload - FRAME_OVERHEAD),
      send: frame => {
        if (this.#broker.connected) this.#broker.connection.publish(control, frame);
      },
      over: () => void this.#pending.delete(key),
    });
    this.#pending.set(key, { node, exchange });
    return exchange;
  }
}

/** An exchange to open. */
interface Opened {
  readonly node: string;
  readonly name: string;
  readonly method: string;
  readonly silence: number;
  readonly signal: AbortSignal | undefined;
}

const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
