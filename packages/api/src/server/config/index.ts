export { ConfigError, type ConfigFault } from './config-error.js';
export { mergeConfigs } from './merge.js';
export { checked, type Origin } from './read.js';
export { protectOf, readConfig, readTokens, serveOptionsOf } from './resolve.js';
export { type Config, ConfigSchema, TokensSchema } from './schema.js';
