/**
 * The table of a remote server behind the `Table` interface of `@conntrack/table`.
 *
 * @module
 */
export { TableError, type TableErrorCode } from '@conntrack/flow/table';
export type { RemoteEvents } from './remote-events.js';
export type { RemotePlan } from './remote-plan.js';
export { RemoteTable } from './remote-table.js';
