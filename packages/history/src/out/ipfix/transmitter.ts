import { setTimeout as delay } from 'node:timers/promises';
import type { Losses, Report } from '../losses.js';
import { type Link, openTcp, openUdp } from './link.js';
import { type Message, packSets, stamp } from './message.js';
import type { IpfixOptions } from './options.js';
import { STATISTICS_DOMAIN, statisticsMessage } from './statistics.js';
import type { Templates } from './templates.js';

type Options = Required<Omit<IpfixOptions, 'records' | 'delay' | 'mtu'>> & {
  readonly limit: number;
  readonly name: string;
};

/** Bytes that are given to the socket at once. The others wait here, where they survive the end of a connection. */
const WINDOW = 1024 * 1024;
const FIRST_RETRY = 1000;
const LAST_RETRY = 30_000;
/** How long `close` waits for the collector. */
const CLOSE_TIMEOUT = 2000;

/** A message on its way, and what is called when the socket has taken it. */
interface Sending extends Message {
  /** Whether the message has rows. Templates and statistics belong to one connection, and are not repeated on the next. */
  readonly rows: boolean;
}

/**
 * Transmits messages in their order: numbers them, sends templates before they are used, repeats templates over UDP, connects again, and
 * keeps messages in the meantime.
 */
export class Transmitter {
  readonly #options: Options;
  readonly #templates: Templates;
  readonly #losses: Losses;
  readonly #report: Report;
  readonly #waiting: Sending[] = [];
  readonly #sending: Sending[] = [];
  #waitingBytes = 0;
  #sendingBytes = 0;
  #link: Link | undefined;
  // State of the transport session (RFC 7011, 2): the sequence numbers of rows and of statistics, the templates that the collector has, and
  // the messages since it got all of them.
  #sequence = 0;
  #statistics = 0;
  #announced = 0;
  #messages = 0;
  // How long to wait before the next attempt to connect: longer after each failure, and after a connection that did not last.
  #retry = FIRST_RETRY;
  #openedAt = 0;
  readonly #closing = new AbortController();
  readonly #idle: (() => void)[] = [];
  readonly #refresh: NodeJS.Timeout;
  readonly sent = { records: 0, messages: 0, connections: 0 };

  constructor(options: Options, templates: Templates, losses: Losses, report: Report) {
    this.#options = options;
    this.#templates = templates;
    this.#losses = losses;
    this.#report = report;
    this.#refresh = setInterval(() => this.#repeat(), options.refresh * 1000).unref();
    void this.#connect();
  }

  /** Takes a message, or drops it if too many wait. */
  send(message: Message): void {
    if (this.#closing.signal.aborted) {
      this.#losses.add(message.records, 'the exporter is closed');
      return;
    }
    if (this.#waitingBytes + this.#sendingBytes + message.bytes.length > this.#options.backlog) {
      const why = this.#link === undefined ? 'the collector cannot be reached' : 'the collector is too slow';
      this.#losses.add(message.records, why);
      return;
    }
    this.#waiting.push({ ...message, rows: true });
    this.#waitingBytes += message.bytes.length;
    this.#pump();
  }

  /** Resolves when no message waits. */
  async idle(): Promise<void> {
    if (this.#waiting.length > 0 || this.#sending.length > 0) await new Promise<void>(done => this.#idle.push(done));
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    clearInterval(this.#refresh);
    const patience = new AbortController();
    const deadline = delay(CLOSE_TIMEOUT, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([this.idle(), deadline]);
    this.#sendStatistics();
    await Promise.race([this.idle(), deadline]);
    patience.abort();
    this.#closing.abort();
    this.#link?.close();
    this.#link = undefined;
    const left = [...this.#sending, ...this.#waiting].reduce((sum, { records, rows }) => sum + (rows ? records : 0), 0);
    if (left > 0) this.#losses.add(left, 'the exporter was closed before the collector took them');
    this.#losses.tell();
    this.#settle();
  }

  /** Opens the link, and tries again until it is open. */
  async #connect(): Promise<void> {
    const { transport, name } = this.#options;
    const since = performance.now();
    const { signal } = this.#closing;
    for (let failed = false; !signal.aborted; failed = true) {
      try {
        const link: Link =
          transport === 'udp'
            ? await openUdp(this.#options)
            : await openTcp(this.#options, error => this.#lost(link, error));
        if (signal.aborted) return link.close();
        if (failed)
          this.#report(`${name}: connected after ${Math.round((performance.now() - since) / 1000)} s, ${this.#left()}`);
        this.#open(link);
        return;
      } catch (error) {
        if (!failed)
          this.#report(`${name}: cannot connect: ${(error as Error).message}. Trying again, ${this.#left()}`);
        await this.#pause();
      }
    }
  }

  /** Waits before the next attempt to connect. The one after it waits twice as long. */
  async #pause(): Promise<void> {
    const wait = this.#retry;
    this.#retry = Math.min(wait * 2, LAST_RETRY);
    await delay(wait, undefined, { ref: false, signal: this.#closing.signal }).catch(() => {});
  }

  #left(): string {
    const records = this.#waiting.reduce((sum, message) => sum + message.records, 0);
    return `${records.toLocaleString('en')} records are waiting`;
  }

  /** Begins a transport session. */
  #open(link: Link): void {
    this.#link = link;
    this.#sequence = 0;
    this.#statistics = 0;
    this.#announced = 0;
    this.#messages = 0;
    this.#openedAt = performance.now();
    this.sent.connections++;
    this.#pump();
  }

  /** Ends a transport session. Messages that the socket did not take are sent again on the next one. */
  #lost(link: Link, error: Error): void {
    if (link !== this.#link) return;
    this.#link = undefined;
    this.#report(`${this.#options.name}: ${error.message}. Connecting again`);
    const again = this.#sending.splice(0).filter(({ rows }) => rows);
    this.#sendingBytes = 0;
    this.#waiting.unshift(...again);
    for (const { bytes } of again) this.#waitingBytes += bytes.length;
    this.#settle();
    // A collector that accepts and closes at once is not asked again and again without a pause.
    if (performance.now() - this.#openedAt > LAST_RETRY) this.#retry = FIRST_RETRY;
    void this.#pause().then(() => this.#connect());
  }

  #pump(): void {
    while (this.#link !== undefined && this.#waiting.length > 0 && this.#sendingBytes < WINDOW) {
      this.#announce();
      const message = this.#waiting.shift()!;
      this.#waitingBytes -= message.bytes.length;
      this.#stamped(message);
    }
  }

  /** Sends the templates that the collector does not have, and over UDP all of them from time to time: it may have missed some. */
  #announce(): void {
    const { transport, refreshMessages, limit } = this.#options;
    if (transport === 'udp' && this.#messages >= refreshMessages) this.#announced = 0;
    const { sets } = this.#templates;
    if (this.#announced === sets.length) return;
    const missing = sets.slice(this.#announced);
    if (this.#announced === 0) this.#messages = 0;
    this.#announced = sets.length;
    for (const bytes of packSets(missing, limit)) this.#stamped({ bytes, records: 0, rows: false });
  }

  /** Transmits a message of the rows' domain. */
  #stamped(message: Sending): void {
    stamp(message.bytes, this.#sequence, this.#options.domain);
    this.#sequence = (this.#sequence + message.records) >>> 0;
    this.#transmit(message);
  }

  #transmit(message: Sending): void {
    const link = this.#link!;
    this.#messages++;
    this.sent.messages++;
    this.#sending.push(message);
    this.#sendingBytes += message.bytes.length;
    link.send(message.bytes, error => {
      if (link === this.#link) this.#taken(error);
    });
  }

  /** The socket took the oldest message, or refused it. Over TCP a refusal is followed by the end of the connection. */
  #taken(error: Error | undefined): void {
    if (error !== undefined && this.#options.transport === 'tcp') return;
    const message = this.#sending.shift()!;
    this.#sendingBytes -= message.bytes.length;
    if (error === undefined) this.sent.records += message.records;
    else if (message.rows) this.#losses.add(message.records, error.message);
    this.#pump();
    this.#settle();
  }

  #settle(): void {
    if (this.#closing.signal.aborted || (this.#waiting.length === 0 && this.#sending.length === 0))
      for (const done of this.#idle.splice(0)) done();
  }

  /** What is repeated from time to time, whether there are rows or not. */
  #repeat(): void {
    const link = this.#link;
    if (link === undefined) return;
    if (this.#options.transport === 'udp') this.#announced = 0;
    this.#announce();
    this.#sendStatistics();
    void link.moved().then(moved => {
      if (!moved || link !== this.#link) return;
      link.close();
      this.#lost(link, new Error('the name of the collector has another address now'));
    });
  }

  /** Sends what was sent and what was lost so far, as the exporter's reliability statistics (RFC 7011, 4.3). */
  #sendStatistics(): void {
    if (this.#link === undefined) return;
    const announce = this.#options.transport === 'udp' || this.#statistics === 0;
    const bytes = statisticsMessage({ ...this.sent, dropped: this.#losses.total }, announce);
    stamp(bytes, this.#statistics, STATISTICS_DOMAIN);
    this.#statistics = (this.#statistics + 1) >>> 0;
    this.#transmit({ bytes, records: 0, rows: false });
  }
}
