export {
  compileForEvents,
  type EventJudge,
  everyEventDecides,
  NO,
  UNKNOWN,
  type Verdict,
  YES,
} from './events/judge.js';
export { type EventPlan, planEvents, unfitForEvents } from './events/plan.js';
