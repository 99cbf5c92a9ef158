import { readFileSync } from 'node:fs';

/** The version in the package's package.json, which is one folder up in `dist` and two folders up in `src`. */
export function packageVersion(): string {
  for (const path of ['../package.json', '../../package.json'])
    try {
      const found: { name?: string; version?: string } = JSON.parse(
        readFileSync(new URL(path, import.meta.url), 'utf8'),
      );
      if (found.name === '@conntrack/api' && found.version !== undefined) return found.version;
    } catch {
      // Try the other path.
    }
  return 'unknown';
}
