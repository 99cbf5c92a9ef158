import type { Config } from './schema.js';

/**
 * Merges configurations; a later one takes precedence. Groups (`limits`, `timeouts` …) are merged, lists are replaced.
 */
export function mergeConfigs(...configs: readonly Config[]): Config {
  const merged: Record<string, unknown> = {};
  for (const config of configs)
    for (const [name, value] of Object.entries(config)) {
      if (value === undefined) continue;
      const before = merged[name];
      const group = typeof value === 'object' && !Array.isArray(value);
      merged[name] = group && before !== undefined ? { ...(before as object), ...value } : value;
    }
  return merged as Config;
}
