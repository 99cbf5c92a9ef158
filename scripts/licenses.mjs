// Collects the licences of the packages that a bundle contains: a copy of such code has to carry them.
import { mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

/** The folder of the package that a file belongs to; `undefined` for a file of the workspace. */
function packageOf(file) {
  const parts = realpathSync(file).split(sep);
  const at = parts.lastIndexOf('node_modules');
  if (at < 0) return undefined;
  return parts.slice(0, at + (parts[at + 1].startsWith('@') ? 3 : 2)).join(sep);
}

/** The name, version and licence text of a package. @throws Error if the package has no licence text */
function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find(entry => /^licen[cs]e(\.\w+)?$/i.test(entry));
  if (file === undefined) throw new Error(`${name} is bundled, but has no licence text`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
}

/**
 * A plugin of esbuild that writes the licences of everything that is bundled to a file. Builds that share the plugin share the file.
 */
export function licenses(file) {
  const found = new Map();
  return {
    name: 'licenses',
    setup(build) {
      build.initialOptions.metafile = true;
      build.onEnd(({ metafile }) => {
        for (const input of Object.keys(metafile?.inputs ?? {})) {
          // Files that a plugin made have no place on the disk.
          const folder = /^[\w-]+:/.test(input) ? undefined : packageOf(input);
          if (folder !== undefined && !found.has(folder)) found.set(folder, licenseOf(folder));
        }
        mkdirSync(dirname(file()), { recursive: true });
        writeFileSync(file(), [...found.values()].sort().join(`\n${'-'.repeat(80)}\n\n`));
      });
    },
  };
}
