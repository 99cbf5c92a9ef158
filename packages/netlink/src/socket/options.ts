import { abortSignal, anything, type OptionRules, object } from '@conntrack/flow/checks';
import type { Native } from './native.js';
import type { NetnsRef } from './netns.js';

/** Options of a client. */
export interface OpenOptions {
  /** Another network namespace: a name under /run/netns, a path, or an open descriptor, which must stay open as long as the client. */
  netns?: NetnsRef;
  /** Other system calls than the kernel's: see `ScriptedKernel` in `@conntrack/netlink/testing`. */
  native?: Native;
}

/** Options of an operation that can be aborted. */
export interface OperationOptions {
  /** Aborts the operation. */
  signal?: AbortSignal;
}

/** The rules for the options of an operation. */
export const OPERATION: OptionRules<OperationOptions> = { signal: abortSignal };
/** The rules for the options of a client. */
export const OPEN: OptionRules<OpenOptions> = {
  // Checked when the namespace is entered.
  netns: anything,
  native: object,
};
