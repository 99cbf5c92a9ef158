export { filterJsonSchema, type JsonSchema } from './schema/json-schema.js';
