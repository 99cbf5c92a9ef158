export { parseExpression, parseFilter, parseQuery } from './hints/parse.js';
