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
export { FIELD_EVENTS, type FieldEvents } from './language/field-events.js';
