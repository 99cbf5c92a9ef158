import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';

/** Where the build leaves what V8 has compiled of a file: of use to this very V8 alone. */
export const compiledName = (file: string): string => `${file}.v8-${process.versions.v8}-${process.arch}`;

/** A CommonJS file as a script, with what was compiled of it before; V8 looks itself whether it fits. ASCII, as the bundler writes it. */
export const scriptOf = (file: string, cachedData?: Buffer): Script =>
  new Script(`(function(exports,require,module,__filename,__dirname){${readFileSync(file, 'latin1')}\n})`, {
    filename: file,
    ...(cachedData && { cachedData }),
  });

/** Runs such a script as Node would the file, and answers its exports. */
export function exportsOf(script: Script, file: string): unknown {
  const module = { exports: {} as unknown };
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file));
  return module.exports;
}

/** Loads a CommonJS file. Compiling is most of a start's work: where the build has done it for this V8, it is not done again. */
export function load(file: string): unknown {
  let compiled: Buffer;
  try {
    compiled = readFileSync(compiledName(file));
  } catch {
    return createRequire(file)(file);
  }
  return exportsOf(scriptOf(file, compiled), file);
}
