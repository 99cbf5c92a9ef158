/**
 * What a filter needs from its source, such as counters that the kernel records only on request.
 *
 * @module
 */

export {
  REQUIREMENTS,
  requirementsOf,
  requireSource,
  type UnavailableIssue,
  unavailableIn,
} from './explain/requirements.js';
