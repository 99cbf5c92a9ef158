// Code that V8 has compiled, kept from one run of a program for the next: compiling is most of a start's work.
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { Script, constants as vm } from 'node:vm';

/** Permission bits of a file that another user may write to. */
const WRITABLE_BY_OTHERS = 0o022;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder that compiled code is kept in: `CONNTRACK_CODE_CACHE` (an absolute path; any other value, such as `off`, keeps none), else `conntrack` in
 * `XDG_CACHE_HOME`, else in `~/.cache`. `undefined` keeps none; so does the home of another user, which `sudo` may leave in `HOME`.
 */
export function codeFolder({ CONNTRACK_CODE_CACHE, XDG_CACHE_HOME, HOME }: Environment): string | undefined {
  if (CONNTRACK_CODE_CACHE !== undefined) return isAbsolute(CONNTRACK_CODE_CACHE) ? CONNTRACK_CODE_CACHE : undefined;
  if (HOME === undefined || statSync(HOME, { throwIfNoEntry: false })?.uid !== process.geteuid?.()) return undefined;
  return join(
    XDG_CACHE_HOME !== undefined && isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(HOME, '.cache'),
    'conntrack',
  );
}

/**
 * Loads a CommonJS file (ASCII, as the bundler writes it) and returns its exports. What V8 compiled in an earlier run of the same `command` is used
 * again; where there is none, this run leaves its own when it ends. A folder that cannot be read or written changes nothing but the time.
 */
export function load(file: string, command: string, env: Environment): unknown {
  const folder = codeFolder(env);
  if (folder === undefined) return createRequire(file)(file);
  const kept = join(folder, nameOf(file, command));
  const cachedData = readOwn(kept);
  const script = new Script(
    `(function(exports,require,module,__filename,__dirname){${readFileSync(file, 'latin1')}\n})`,
    {
      filename: file,
      importModuleDynamically: vm.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      ...(cachedData && { cachedData }),
    },
  );
  if (cachedData === undefined || script.cachedDataRejected) process.once('exit', () => keep(kept, script));
  const module = { exports: {} as unknown };
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file));
  return module.exports;
}

/** The name changes with the file's content (each write of a file gives it another time of change), with V8 and with the processor. */
function nameOf(file: string, command: string): string {
  const { ino, size, ctimeMs } = statSync(file);
  return `${basename(file)}-${command}-${ino}-${size}-${ctimeMs}-v8-${process.versions.v8}-${process.arch}`;
}

/** A file that nobody but this user can have written: compiled code is run as it is. `undefined` for any other. */
function readOwn(path: string): Buffer | undefined {
  let opened: number | undefined;
  try {
    opened = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { uid, mode } = fstatSync(opened);
    const own = (mode & constants.S_IFMT) === constants.S_IFREG && uid === process.geteuid?.();
    return own && (mode & WRITABLE_BY_OTHERS) === 0 ? readFileSync(opened) : undefined;
  } catch {
    return undefined;
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}

/** Writes what V8 has compiled, whole or not at all: part of it would be run as well. */
function keep(path: string, script: Script): void {
  const unfinished = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const opened = openSync(unfinished, 'wx', 0o600);
    try {
      const code = script.createCachedData();
      for (let at = 0; at < code.length; ) at += writeSync(opened, code, at);
      fsyncSync(opened);
    } finally {
      closeSync(opened);
    }
    renameSync(unfinished, path);
  } catch {
    try {
      unlinkSync(unfinished);
    } catch {
      // It was never made.
    }
  }
}
