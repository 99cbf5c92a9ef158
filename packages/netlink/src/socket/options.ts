import { abortSignal, anything, type OptionRules, object } from '@conntrack/flow/checks';
import type { Native } from './native.js';
import type { NetnsRef } from './netns.js';

/** How a client is opened. */
export interface OpenOptions {
  /** Another network namespace: a name under /run/netns, a path, or an open descriptor, which must stay open as long as the client. */
  netns?: NetnsRef;
  /** The system calls, where they are not the kernel's own: see `ScriptedKernel` in `@conntrack/netlink/testing`. */
  native?: Native;
}

/** Options of an operation that can be given up. */
export interface OperationOptions {
  signal?: AbortSignal;
}

/** What the options of an operation may hold. */
export const OPERATION: OptionRules<OperationOptions> = { signal: abortSignal };
/** What the options of a client may hold. */
export const OPEN: OptionRules<OpenOptions> = {
  // Values are checked where the namespace is entered.
  netns: anything,
  native: object,
};
