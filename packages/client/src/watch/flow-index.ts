import type { Flow } from '@conntrack/flow';
import type { EventRecord, WatchRecord } from '../protocol/records.js';

/**
 * A copy of the table, maintained by the records of a watch with `initial: true`. Runs without Node.
 *
 * @example
 * ```ts
 * const index = new FlowIndex();
 * for await (const record of client.watch('proto=tcp', { initial: true })) if (index.apply(record))
 * console.log(index.flows.size);
 * ```
 */
export class FlowIndex {
  /** The flows by key. Complete while `synced` is true. */
  readonly flows = new Map<string, Flow>();
  /**
   * The flows with a record since the `resync`, by key; null for a flow that ended. `undefined` outside of a snapshot.
   */
  #told: Map<string, Flow | null> | undefined;

  /** Whether `flows` is complete. */
  synced = false;

  /** Applies a record. Returns whether the copy is complete afterwards. */
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

  /** An event since the `resync` is newer than a row of the snapshot, also if the event ended the flow. */
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
    // An update contains only what the kernel reports. Other members keep their values.
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
