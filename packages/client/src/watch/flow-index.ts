import type { Flow } from '@conntrack/flow';
import type { EventRecord, WatchRecord } from '../protocol/records.js';

/**
 * A picture of the table, kept by the records of a stream with `initial=true`. It is what the protocol asks of a client, and nothing else: no Node
 * in it.
 *
 * @example
 * ```ts
 * const index = new FlowIndex();
 * for await (const record of client.watch('proto=tcp', { initial: true })) if (index.apply(record)) console.log(index.flows.size);
 * ```
 */
export class FlowIndex {
  /** The flows by their key; whole from the first `synced` on. */
  readonly flows = new Map<string, Flow>();
  /** What was told since the `resync`, by key: what events said, null for an end; `undefined` outside of a snapshot. */
  #told: Map<string, Flow | null> | undefined;

  /** Whether the picture is whole. */
  synced = false;

  /** Takes a record. True when the picture is whole behind it. */
  apply(record: EventRecord | WatchRecord): boolean {
    switch (record.type) {
      case 'resync':
        this.#told = new Map();
        this.synced = false;
        break;
      case 'gap':
        this.synced = false;
        break;
      case 'snapshot':
        this.#snapshot(record.flow);
        break;
      case 'bookmark':
        if (this.#told !== undefined) this.#finish();
        break;
      case 'new':
      case 'update':
      case 'destroy':
        this.#event(record.type, record.flow);
        break;
      case 'bye':
        break;
    }
    return this.synced;
  }

  /** An event that came since the `resync` is newer than the dump's row, also one that ended the flow. */
  #snapshot(flow: Flow): void {
    const { key } = flow;
    if (key === undefined) return;
    const told = this.#told?.get(key);
    if (told === null) return;
    this.#told?.set(key, told ?? flow);
    this.flows.set(key, told === undefined ? flow : { ...flow, ...told });
  }

  #event(type: 'new' | 'update' | 'destroy', flow: Flow): void {
    const { key } = flow;
    if (key === undefined) return;
    // An update says what the kernel puts into it; what it does not mention stays.
    const over = (known: Flow | null | undefined): Flow => (type === 'new' ? flow : { ...known, ...flow });
    this.#told?.set(key, type === 'destroy' ? null : over(this.#told.get(key)));
    if (type === 'destroy') this.flows.delete(key);
    else this.flows.set(key, over(this.flows.get(key)));
  }

  #finish(): void {
    const told = this.#told;
    if (told !== undefined) for (const key of this.flows.keys()) if (!told.get(key)) this.flows.delete(key);
    this.#told = undefined;
    this.synced = true;
  }
}
