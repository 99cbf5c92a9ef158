export { type Explanation, explainFilter } from './explain/explain-filter.js';
