/**
 * The JSON schema of a filter's abstract syntax.
 *
 * @module
 */

export { filterJsonSchema, type JsonSchema } from './schema/json-schema.js';
