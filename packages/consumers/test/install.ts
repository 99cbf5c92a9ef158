import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../../', import.meta.url));

/** Packs packages of the workspace as they are built, and installs the tarballs as a user does. Answers the folder of the project. */
export function installed(names: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-install-'));
  const tarballs = join(folder, 'tarballs');
  mkdirSync(tarballs);
  for (const name of names)
    execFileSync(
      'npx',
      ['-y', 'pnpm@12.21.0', '--config.ignore-scripts=true', 'pack', '--pack-destination', tarballs],
      { cwd: packages + name, stdio: ['ignore', 'ignore', 'inherit'] },
    );
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const files = readdirSync(tarballs).map(name => join(tarballs, name));
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', ...files], { cwd: folder });
  return folder;
}

/** What can be imported of an installed package: `@conntrack/flow`, `@conntrack/flow/table`. */
export function entriesOf(folder: string, name: string): string[] {
  const manifest = JSON.parse(readFileSync(join(folder, 'node_modules/@conntrack', name, 'package.json'), 'utf8')) as {
    exports: Record<string, unknown>;
  };
  return Object.keys(manifest.exports).map(entry => `@conntrack/${name}${entry.slice(1)}`);
}
