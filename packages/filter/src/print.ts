/**
 * Prints a filter as a canonical query string or expression.
 *
 * @module
 */

export { printExpression } from './print/print-expression.js';
export { printersFor, printQuery } from './print/print-query.js';
export { numberName } from './print/print-value.js';
