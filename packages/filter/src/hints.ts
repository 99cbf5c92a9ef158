/**
 * The parsers of the main entry point with suggestions for what people type first, such as `tcp` or `ip=192.0.2.1`.
 *
 * @module
 */

export { parseExpression, parseFilter, parseQuery } from './hints/parse.js';
