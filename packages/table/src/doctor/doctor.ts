import type { Finding, FindingStatus } from '@conntrack/flow/table';
import type { Check, Examination } from './check.js';
import { COUNTER_CHECKS } from './checks/counters.js';
import { ENTRY_CHECKS } from './checks/entries.js';
import { FILL_CHECKS } from './checks/fill.js';
import { FLOWTABLE_CHECKS } from './checks/flowtables.js';
import { checkIndex } from './checks/index-state.js';
import { KERNEL_CHECKS } from './checks/kernel.js';
import { SETTINGS_CHECKS } from './checks/settings.js';

const CHECKS: Readonly<Record<string, Check>> = {
  ...FILL_CHECKS,
  ...COUNTER_CHECKS,
  ...ENTRY_CHECKS,
  ...FLOWTABLE_CHECKS,
  ...SETTINGS_CHECKS,
  ...KERNEL_CHECKS,
};

/** The names of the checks of every table. A table with an index also has the check `index`. */
export const DOCTOR_CHECKS: readonly string[] = Object.keys(CHECKS);

const SERIOUS: readonly FindingStatus[] = ['loss', 'warn', 'note', 'unknown', 'ok'];

/** Returns what an examination means, the most serious finding first. */
export const diagnose = (examination: Examination): Finding[] =>
  [
    ...Object.entries(CHECKS).map(([check, look]) => ({ check, ...look(examination) })),
    ...(examination.index === undefined ? [] : [{ check: 'index', ...checkIndex(examination.index) }]),
  ].sort((one, other) => SERIOUS.indexOf(one.status) - SERIOUS.indexOf(other.status));
