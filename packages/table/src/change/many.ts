// What changes many flows. A table loads it with the first such change: a command that only reads spends a part of its start on it otherwise.
export { CHANGE_EACH_RULES, changeEach } from './change-each.js';
export { changeMany } from './change-many.js';
export { BULK_RULES, PLAN_RULES } from './change-options.js';
export { DRAIN_RULES, drainChange, drainContext } from './drain.js';
export { FLUSH_RULES, flush } from './flush.js';
export { makePlan } from './plan.js';
export { RECONCILIATION_RULES, reconcileFilter } from './reconcile.js';
