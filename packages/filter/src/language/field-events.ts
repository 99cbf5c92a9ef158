import type { FlowEventType } from '@conntrack/flow';

/** How the kernel's events report a field. */
export interface FieldEvents {
  /**
   * The events that always carry the field if the entry has it. Default: all three. Other events may carry
   * it (after a change); if the field is absent there, its value is unknown.
   */
  readonly carried?: readonly FlowEventType[];
  /** An event leaves the field out if it is 0. */
  readonly zero?: true;
  /** How the field changes during the entry's lifetime: `told`: with an `update` event; `silent`: without an event; absent: it never changes. */
  readonly moves?: 'told' | 'silent';
}

/** A field whose changes cause an `update` event. */
export const told = (...carried: FlowEventType[]): FieldEvents => ({ carried, moves: 'told' });
/** A field that changes without an event. */
export const silent = (...carried: FlowEventType[]): FieldEvents => ({ carried, moves: 'silent' });
