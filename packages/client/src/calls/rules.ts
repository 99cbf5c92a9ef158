import { checkKeys, type OptionKeys } from '@conntrack/flow/checks';
import { ClientError } from '../errors.js';
import type { WatchOptions } from '../watch/watch.js';
import type { WatchExpectationsOptions } from '../watch/watch-expectations.js';
import type { RetryOptions } from './backoff.js';
import type {
  BulkOptions,
  CallOptions,
  ChangeCallOptions,
  ChangesOptions,
  CompleteOptions,
  DoctorOptions,
  ExecuteCallOptions,
  ExpectationOptions,
  FlushOptions,
  ListOptions,
  LookupTuple,
  OverviewOptions,
  PageOptions,
  PlannedOptions,
  PlanOptions,
  ReadOptions,
  RestoreOptions,
  SnapshotOptions,
  TextOptions,
  TopOptions,
} from './options.js';
import type { ClientOptions } from './transport.js';

const RETRY: OptionKeys<RetryOptions> = { base: 0, max: 0, maxAttempts: 0, random: 0, sleep: 0, onRetry: 0 };

/** The known options of each method. Their values become query parameters, which the server checks. */
export const CLIENT: OptionKeys<ClientOptions> = {
  url: 0,
  token: 0,
  fetch: 0,
  headers: 0,
  compress: 0,
  timeout: 0,
  retry: 0,
};
export const CALL: OptionKeys<CallOptions> = { signal: 0 };
export const SPAN: OptionKeys<{ from: string; to: string }> = { from: 0, to: 0 };
export const CHANGE: OptionKeys<ChangeCallOptions> = { ...CALL, idempotencyKey: 0 };
export const EXECUTE: OptionKeys<ExecuteCallOptions> = { ...CHANGE, requestId: 0 };
export const READ: OptionKeys<ReadOptions> = { ...CALL, fresh: 0 };
export const LIST: OptionKeys<ListOptions> = {
  ...READ,
  limit: 0,
  sort: 0,
  fields: 0,
  reads: 0,
  position: 0,
};
export const PAGE: OptionKeys<PageOptions> = { ...LIST, cursor: 0, offset: 0 };
export const GET: OptionKeys<CallOptions & Pick<ListOptions, 'fields'>> = { ...CALL, fields: 0 };
export const TEXT: OptionKeys<TextOptions> = { ...GET, limit: 0, format: 0 };
export const LOOKUP: OptionKeys<LookupTuple> = {
  proto: 0,
  src: 0,
  dst: 0,
  sport: 0,
  dport: 0,
  type: 0,
  code: 0,
  id: 0,
  srckey: 0,
  dstkey: 0,
  dir: 0,
  zone: 0,
};
export const PLAN: OptionKeys<PlanOptions> = {
  ...CHANGE,
  maxAffected: 0,
  expect: 0,
  tolerance: 0,
  strict: 0,
};
const { tolerance: _, ...limits } = PLAN;
export const PLANNED: OptionKeys<PlannedOptions> = { ...PLAN, dryRun: 0 };
export const CHANGES: OptionKeys<ChangesOptions> = { ...CHANGE, dryRun: 0 };
export const SNAPSHOT: OptionKeys<SnapshotOptions> = { ...CALL, format: 0 };
export const RESTORE: OptionKeys<RestoreOptions> = { ...CHANGES, skipBadLines: 0 };
export const BULK: OptionKeys<BulkOptions> = { ...limits, dryRun: 0 };
export const FLUSH: OptionKeys<FlushOptions> = {
  ...CHANGE,
  expect: 0,
  family: 0,
  zone: 0,
  mark: 0,
  markMask: 0,
};
export const TOP: OptionKeys<TopOptions> = { ...READ, by: 0, distinct: 0, metric: 0, k: 0 };
export const OVERVIEW: OptionKeys<OverviewOptions> = {
  ...READ,
  limit: 0,
  offset: 0,
  sort: 0,
  fields: 0,
  reads: 0,
  groups: 0,
  counts: 0,
};
export const DOCTOR: OptionKeys<DoctorOptions> = { ...CALL, interval: 0 };
export const EXPECTATIONS: OptionKeys<ExpectationOptions> = {
  ...CALL,
  family: 0,
  proto: 0,
  src: 0,
  dst: 0,
  dport: 0,
  'master.src': 0,
  'master.dst': 0,
  helper: 0,
  zone: 0,
  limit: 0,
};
export const FLUSH_EXPECTATIONS: OptionKeys<CallOptions & { helper?: string }> = { ...CALL, helper: 0 };
export const CHECK: OptionKeys<CallOptions & { purpose?: 'read' | 'change' }> = { ...CALL, purpose: 0 };
export const COMPLETE: OptionKeys<CompleteOptions> = { ...CALL, position: 0, syntax: 0 };
export const WATCH_EXPECTATIONS: OptionKeys<WatchExpectationsOptions> = { ...CALL, types: 0, idle: 0 };
export const WATCH: OptionKeys<WatchOptions> = {
  ...WATCH_EXPECTATIONS,
  initial: 0,
  since: 0,
  bookmarks: 0,
  retry: 0,
};

/**
 * Rejects unknown options before anything is sent.
 *
 * @throws ClientError REQUEST_INVALID, with the most similar known option
 */
export function checkCall(
  call: string,
  options: object | undefined,
  keys: Readonly<Record<string, readonly string[] | 0>>,
): void {
  const complain = (message: string): ClientError => new ClientError('REQUEST_INVALID', message);
  checkKeys(call, options, keys, complain);
  const { retry } = (options ?? {}) as { retry?: RetryOptions | false };
  if (retry) checkKeys(`${call}: retry`, retry, RETRY, complain);
}
