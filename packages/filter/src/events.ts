/**
 * Filters over the kernel's events, which carry only a part of their entry.
 *
 * @module
 */

export {
  compileForEvents,
  type EventJudge,
  everyEventDecides,
  NO,
  UNKNOWN,
  type Verdict,
  YES,
} from './events/judge.js';
export { type EventPlan, planEvents, readsSilent, unfitForEvents } from './events/plan.js';
