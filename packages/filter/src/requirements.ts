export { REQUIREMENTS, requirementsOf, requireSource, unavailableIn } from './explain/requirements.js';
