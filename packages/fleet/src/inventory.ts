import type { Member } from './member.js';

/** The nodes of a fleet: who is asked. An answer never decides who belongs to the fleet. */
export interface Inventory extends AsyncDisposable {
  /**
   * Returns the nodes that belong to the fleet now. Each call returns the current ones.
   *
   * If several members have the same id, none of them is asked, and the id is reported as failed with the code `duplicate-node`.
   */
  members(): readonly Member[];
  /**
   * Calls `listener` after members were added, removed or replaced. Returns a function that ends it. An inventory that never changes does
   * not call it.
   */
  onChange(listener: () => void): () => void;
  /** Stops following changes, and closes what the inventory opened. Can be called twice. */
  close(): void;
}

/** Makes an inventory of members that never change. */
export function fixedInventory(members: readonly Member[]): Inventory {
  const close = (): void => {};
  return {
    members: () => members,
    onChange: () => close,
    close,
    [Symbol.asyncDispose]: async () => close(),
  };
}
