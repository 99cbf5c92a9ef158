import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

const packages = fileURLToPath(new URL('../../', import.meta.url));

/** Every package that is published. */
export const NAMES = [
  'flow',
  'filter',
  'parser',
  'client',
  'netlink',
  'index',
  'lab',
  'conntrack8',
  'table',
  'history',
  'api',
  'fleet',
  'cli',
];

interface Manifest {
  version: string;
  exports: Record<string, unknown>;
  dependencies?: Record<string, string>;
  bin?: Record<string, string>;
}

const read = (file: string): Manifest => JSON.parse(readFileSync(file, 'utf8')) as Manifest;

/** The manifest of an installed package. */
export const manifestOf = (folder: string, name: string): Manifest =>
  read(join(folder, 'node_modules/@conntrack', name, 'package.json'));

/** What can be imported of an installed package: `@conntrack/flow`, `@conntrack/flow/table`. */
export const entriesOf = (folder: string, name: string): string[] =>
  Object.keys(manifestOf(folder, name).exports).map(entry => `@conntrack/${name}${entry.slice(1)}`);

/**
 * Installs packages of the workspace from their tarballs (`packed.ts`) as a user does, without network.
 * Returns the folder of the project.
 *
 * npm installs the packages that need no package from the registry. The others are unpacked beside them, and each sees
 * only the dependencies that it declares: links to the copies of the workspace. Optional peers are not installed.
 */
export function installed(names: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-install-'));
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');

  const tarball = (name: string): string =>
    join(inject('tarballs'), `conntrack-${name}-${read(join(packages, name, 'package.json')).version}.tgz`);
  const alone = names.filter(name => external(name).length === 0);
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', ...alone.map(tarball)], { cwd: folder });
  for (const name of names.filter(name => !alone.includes(name))) unpack(folder, name, tarball(name));
  return folder;
}

/** The packages from the registry that a package of the workspace depends on. */
const external = (name: string): string[] =>
  Object.keys(read(join(packages, name, 'package.json')).dependencies ?? {}).filter(
    dependency => !dependency.startsWith('@conntrack/'),
  );

function unpack(folder: string, name: string, tarball: string): void {
  const into = join(folder, 'node_modules/@conntrack', name);
  mkdirSync(into, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', into]);
  for (const dependency of external(name)) link(join(packages, name), dependency, into);
}

/** Links a dependency of a package of the workspace into the `node_modules` of another folder. */
export function link(from: string, dependency: string, into: string): void {
  const path = join(into, 'node_modules', dependency);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(realpathSync(join(from, 'node_modules', dependency)), path);
}
