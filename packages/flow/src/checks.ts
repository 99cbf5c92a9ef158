/**
 * Checks of options, flows and changes that callers pass in, with error messages that name the wrong member. For packages that accept
 * options.
 *
 * @module
 */

export { newStatusRefusal, statusRefusal } from './change/status-refusal.js';
export { checkFlowChange, checkFlowRef, checkNewFlow, checkRefKeys } from './change/validate.js';
export {
  abortSignal,
  anything,
  type Complain,
  callback,
  checkKeys,
  checkOptions,
  expecting,
  flag,
  listOf,
  type OptionKeys,
  type OptionRule,
  type OptionRules,
  object,
  objectOf,
  oneOf,
  suggestion,
  text,
  whole,
} from './options/options.js';
export { joinList, nearest, orList } from './options/suggest.js';
