/** How the kernel's events tell of a field. */
export interface FieldEvents {
  /**
   * Events that carry it whenever the entry has it, by their first letters; all three (`nud`) when not given. In the others it may stand (a
   * change is told of), and absent means unknown.
   */
  readonly carried?: string;
  /** An event leaves it out when it is 0. */
  readonly zero?: true;
  /** How it changes while the entry lives: with an `update` event (`told`), without one (`silent`), or never when not given. */
  readonly moves?: 'told' | 'silent';
}

/** A field whose changes come with an `update` event. */
export const told = (carried: string): FieldEvents => ({ carried, moves: 'told' });
/** A field that changes without an event. */
export const silent = (carried: string): FieldEvents => ({ carried, moves: 'silent' });
