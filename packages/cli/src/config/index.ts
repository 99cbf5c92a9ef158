/**
 * Reads and checks the configuration of `ctctl serve`.
 *
 * @module
 */
export { ConfigError } from './config-error.js';
export { type FileGroup, filesOf } from './files.js';
export { type FleetSettings, fleetOf } from './fleet.js';
export { mergeConfigs } from './merge.js';
export { checked } from './read.js';
export { present, protectOf, readConfig, serveOptionsOf } from './resolve.js';
export { type Config, ConfigSchema, TokensSchema } from './schema.js';
export { readTokens } from './tokens.js';
