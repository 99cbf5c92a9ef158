export {
  REQUIREMENTS,
  requirementsOf,
  requireSource,
  type UnavailableIssue,
  unavailableIn,
} from './explain/requirements.js';
