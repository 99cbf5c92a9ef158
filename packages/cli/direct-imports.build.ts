import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Options } from 'tsup';

/** An import or export of names from a package of this repository. */
const NAMES = /^(import|export) (type )?\{([^}]*)\} from '(@conntrack\/[^']+)';/gm;
/** One statement of a file that only exports names of other files. */
const REEXPORT = /^export (type )?\{([^}]*)\} from '([^']+)';/gm;

/** The names between the braces of an import or export, without types: `a`, `a as b`. */
const valuesIn = (names: string): string[] =>
  names
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '' && !name.startsWith('type '));

/** The file of a package's entry point (`@conntrack/flow/text`), from its package.json. */
function entryFile(specifier: string): string {
  const [, name, path] = /^@conntrack\/([^/]+)(.*)$/.exec(specifier)!;
  const folder = join(import.meta.dirname, '..', name!);
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    exports: Record<string, { '@conntrack/source': string }>;
  };
  return join(folder, exports[`.${path}`]!['@conntrack/source']);
}

const files = new Map<string, Map<string, [file: string, name: string]>>();

/** The values that a file exports from other files: by name, the file with the value and its name there. */
function reexports(file: string): Map<string, [file: string, name: string]> {
  let found = files.get(file);
  if (found !== undefined) return found;
  found = new Map();
  files.set(file, found);
  for (const [, type, names, from] of readFileSync(file, 'utf8').matchAll(REEXPORT)) {
    if (type !== undefined) continue;
    const target = from!.startsWith('.') ? join(dirname(file), from!.replace(/\.js$/, '.ts')) : entryFile(from!);
    for (const each of valuesIn(names!)) {
      const [inner, outer = inner] = each.split(' as ') as [string, string?];
      found.set(outer, reexports(target).get(inner) ?? [target, inner]);
    }
  }
  return found;
}

/**
 * Imports each name from the file that defines it, instead of the package's entry point. A program that loads parts of itself late
 * would otherwise evaluate all of a package for the first name.
 */
export const directImports: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'direct-imports',
  setup: build => {
    build.onLoad({ filter: /packages\/\w+\/src\/.*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(NAMES, (all, keyword: string, type, names: string, from: string) => {
        if (type !== undefined) return all;
        const entry = entryFile(from);
        const statements = valuesIn(names).map(each => {
          const [inner, outer = inner] = each.split(' as ') as [string, string?];
          const [file, name] = reexports(entry).get(inner) ?? [entry, inner];
          return `${keyword} { ${name} as ${outer} } from '${file}';`;
        });
        // The lines keep their numbers.
        return statements.join(' ') + '\n'.repeat(all.split('\n').length - 1);
      }),
      loader: 'ts',
    }));
  },
};
