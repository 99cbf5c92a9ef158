import type { Filter } from '@conntrack/filter';
import { EVENT_TYPES } from '@conntrack/flow';
import {
  abortSignal,
  type Complain,
  expecting,
  flag,
  listOf,
  type OptionRule,
  type OptionRules,
  oneOf,
} from '@conntrack/flow/checks';
import { TableError } from '@conntrack/flow/table';
import type { OperationOptions } from '@conntrack/netlink';
import type { FilteredOptions, ReadOptions } from './table-options.js';

/** Makes the error for a flow or change that is not made. */
export const invalidChange: Complain = message => new TableError('INVALID_CHANGE', message);

// Rules that several calls share. The rules of one call are next to the type of its options.

const KINDS: readonly Filter['kind'][] = ['all', 'test', 'and', 'or', 'not'];
const isFilter = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && KINDS.includes((value as Filter).kind);

export const oneFilter: OptionRule = expecting('a filter as returned by parseFilter', isFilter);
export const oneFilterOrMany: OptionRule = expecting(
  'a filter or a list of filters, as returned by parseFilter',
  value => isFilter(value) || (Array.isArray(value) && value.every(isFilter)),
);
export const eventTypes: OptionRule = listOf(oneOf(EVENT_TYPES));

export const OPERATION_RULES: OptionRules<OperationOptions> = { signal: abortSignal };

export const FILTERED_RULES: OptionRules<FilteredOptions> = { ...OPERATION_RULES, filter: oneFilter };
export const READ_RULES: OptionRules<ReadOptions> = { ...FILTERED_RULES, fresh: flag };
