import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { NAMES } from './install.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder with the tarball of every package. */
    tarballs: string;
  }
}

/** Packs every package of the workspace as it is built, once for all test files. */
export default function pack({ provide }: TestProject): () => void {
  const tarballs = mkdtempSync(join(tmpdir(), 'conntrack-packed-'));
  const filters = NAMES.map(name => `--filter=@conntrack/${name}`);
  execFileSync(
    'npx',
    ['-y', 'pnpm@12.21.0', '--config.ignore-scripts=true', ...filters, 'pack', '--pack-destination', tarballs],
    { cwd: fileURLToPath(new URL('../../', import.meta.url)), stdio: ['ignore', 'ignore', 'inherit'] },
  );
  provide('tarballs', tarballs);
  return () => rmSync(tarballs, { recursive: true });
}
