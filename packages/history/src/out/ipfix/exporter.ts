import { type RecordBatch, type RecordCursor, ROW_KINDS } from '../../record.js';
import type { Sink } from '../../sink.js';
import { Losses, type Report } from '../losses.js';
import { type Message, MessageBuilder } from './message.js';
import { type IpfixOptions, ipfixOptions } from './options.js';
import { flowShape, isTranslatedFlow, natShape } from './shape.js';
import { type Template, Templates } from './templates.js';
import { Transmitter } from './transmitter.js';

const END = ROW_KINDS.indexOf('end');
const NAT = ROW_KINDS.indexOf('nat');

/** Bytes of a message over TCP, where the network's limit does not matter. */
const TCP_MESSAGE = 16_384;

/**
 * Sends rows to an IPFIX collector (RFC 7011) over UDP or TCP: ended flows as biflows (RFC 5103), and NAT sessions (RFC 8158). Rows of the
 * kinds `start` and `interim` are not sent, because collectors would count their bytes twice.
 *
 * A value that the kernel did not give is not in the record. There is a template for each combination.
 *
 * @example
 * ```ts
 * import { IpfixExporter, parseIpfixUrl } from '@conntrack/history';
 *
 * await using exporter = new IpfixExporter(parseIpfixUrl('udp://192.0.2.9:4739'), console.error);
 * ```
 */
export class IpfixExporter implements Sink, AsyncDisposable {
  readonly name: string;
  readonly #flows: boolean;
  readonly #nat: boolean;
  readonly #delay: number;
  readonly #templates = new Templates();
  readonly #builder: MessageBuilder;
  readonly #transmitter: Transmitter;
  readonly #losses: Losses;
  #shape = -1;
  #template!: Template;
  #timer: NodeJS.Timeout | undefined;

  /**
   * Starts to connect.
   *
   * @param report receives a sentence when records are lost, and when the connection is lost and back
   *
   * @throws OptionsError
   */
  constructor(options: IpfixOptions, report: Report = () => {}) {
    const complete = ipfixOptions(options);
    const { transport, host, port, records, mtu, delay } = complete;
    this.name = `${transport}://${host.includes(':') ? `[${host}]` : host}:${port}`;
    this.#flows = records !== 'nat';
    this.#nat = records !== 'flows';
    this.#delay = delay;
    this.#losses = new Losses(report, this.name, 'record');
    const limit = transport === 'udp' ? mtu : TCP_MESSAGE;
    this.#builder = new MessageBuilder(limit);
    this.#transmitter = new Transmitter({ ...complete, limit, name: this.name }, this.#templates, this.#losses, report);
  }

  /** Number of records that were not sent, because the collector could not be reached, or was too slow. */
  get dropped(): number {
    return this.#losses.total;
  }

  /** Number of records, messages and connections so far. */
  get sent(): { records: number; messages: number; connections: number } {
    return this.#transmitter.sent;
  }

  write(batch: RecordBatch): void {
    const row = batch.cursor();
    while (row.next()) {
      const kind = row.kind();
      if (kind === END) {
        if (this.#flows) this.#encode(flowShape(row), row);
        if (this.#nat && isTranslatedFlow(row)) this.#encode(natShape(row), row);
      } else if (kind === NAT && this.#nat) this.#encode(natShape(row), row);
    }
  }

  #encode(shape: number, row: RecordCursor): void {
    if (shape !== this.#shape) {
      this.#shape = shape;
      this.#template = this.#templates.of(shape);
    }
    const { id, fields, length } = this.#template;
    const builder = this.#builder;
    if (!builder.fits(id, length)) this.#finish();
    let at = builder.add(id, length);
    for (const { element, write } of fields) {
      write(row, builder.view, at);
      at += element.length;
    }
    this.#timer ??= setTimeout(() => this.#finish(), this.#delay).unref();
  }

  /** Sends the message that is being filled. */
  #finish(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const message: Message | undefined = this.#builder.take();
    if (message !== undefined) this.#transmitter.send(message);
  }

  async flush(): Promise<void> {
    this.#finish();
    await this.#transmitter.idle();
  }

  /** Sends what is waiting. What cannot be sent within two seconds counts as dropped. */
  async close(): Promise<void> {
    this.#finish();
    await this.#transmitter.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
