import type { Flow, FlowCursor, FlowRef } from '@conntrack/flow';
import { flowOf, refOfEntry } from './flow.js';
import type { EntryFormat } from './format.js';
import { EntryReader } from './reader.js';

/**
 * The cursor over entries as the kernel sent them. It stands before the first entry; {@link next} moves it. Attributes are located as far
 * as a question needs, and nothing is decoded but what is asked for.
 */
export class EntryCursor extends EntryReader implements FlowCursor {
  /** Everything, as an object of its own. */
  flow(): Flow {
    return flowOf(this);
  }

  /** What finds this entry again. */
  ref(): FlowRef {
    return refOfEntry(this);
  }

  /** Writes the entry straight from its bytes, in a format of `@conntrack/netlink/text`; answers where it ends, see `EntryFormat.write`. */
  write(format: EntryFormat, out: Uint8Array, at: number): number {
    return format.write(this, out, at);
  }
}
