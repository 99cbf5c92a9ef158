/**
 * A cache of compiled code for later runs of a program: compiling takes most of the start-up time.
 *
 * @module
 */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { Script, constants as vm } from 'node:vm';

/** The permission bits that let other users write to a file. */
const WRITABLE_BY_OTHERS = 0o022;

/** Returns the letter of the conntrack(8) command on a command line (`-L`): each command keeps its own code. */
export const commandLetter = (argv: readonly string[]): string =>
  argv.find(word => /^-[A-Z]/.test(word))?.[1] ?? 'other';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder of the cache: `CONNTRACK_CODE_CACHE` (an absolute path; any other value, such as `off`, disables the
 * cache), or `conntrack` in `XDG_CACHE_HOME` or `~/.cache`. `undefined` disables the cache. It is also disabled if `HOME`
 * belongs to another user, which can happen with `sudo`.
 */
export function codeFolder({ CONNTRACK_CODE_CACHE, XDG_CACHE_HOME, HOME }: Environment): string | undefined {
  if (CONNTRACK_CODE_CACHE !== undefined) return isAbsolute(CONNTRACK_CODE_CACHE) ? CONNTRACK_CODE_CACHE : undefined;
  if (HOME === undefined || statSync(HOME, { throwIfNoEntry: false })?.uid !== process.geteuid?.()) return undefined;
  return join(
    XDG_CACHE_HOME !== undefined && isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(HOME, '.cache'),
    'conntrack',
  );
}

/** The function that Node puts around a CommonJS file. */
const HEAD = '(function(exports,require,module,__filename,__dirname){';
const TAIL = '\n})';

/**
 * Loads a CommonJS file (ASCII, as the bundler writes it) and returns its exports. It uses the code that V8 compiled in
 * an earlier run of the same `command`; if there is none, this run stores its own when it ends. If the folder cannot be
 * read or written, only the start takes longer.
 *
 * @param require the file's own, or that of a file in the same folder: to make one takes Node a millisecond
 */
export function load(file: string, command: string, env: Environment, require: NodeJS.Require): unknown {
  const folder = codeFolder(env);
  if (folder === undefined) return require(file);
  const kept = join(folder, nameOf(file, command));
  const cachedData = readOwn(kept);
  const script = new Script(wrapped(file), {
    filename: file,
    importModuleDynamically: vm.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cachedData && { cachedData }),
  });
  if (cachedData === undefined || script.cachedDataRejected)
    process.once('exit', () => {
      keep(kept, script);
      dropOld(folder, `${basename(file)}-${command}-`);
    });
  const module = { exports: {} as unknown };
  script.runInThisContext()(module.exports, require, module, file, dirname(file));
  return module.exports;
}

/**
 * The name of a file in the cache. It depends on the file's content (each write changes ctime), on the version of V8 and
 * on the processor architecture.
 */
function nameOf(file: string, command: string): string {
  const { ino, size, ctimeMs } = statSync(file);
  return `${basename(file)}-${command}-${ino}-${size}-${ctimeMs}-v8-${process.versions.v8}-${process.arch}`;
}

/** Fills a part of a buffer from a file. Returns whether the file was long enough. */
function readFully(opened: number, into: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; ) {
    const read = readSync(opened, into, at, to - at, null);
    if (read === 0) return false;
    at += read;
  }
  return true;
}

/** Reads a CommonJS file with the function around it: one text, because V8 would copy the parts of a joined one. */
function wrapped(file: string): string {
  const opened = openSync(file, constants.O_RDONLY);
  try {
    const { size } = fstatSync(opened);
    const text = Buffer.allocUnsafeSlow(HEAD.length + size + TAIL.length);
    text.write(HEAD, 0, 'latin1');
    readFully(opened, text, HEAD.length, HEAD.length + size);
    text.write(TAIL, HEAD.length + size, 'latin1');
    return text.toString('latin1');
  } finally {
    closeSync(opened);
  }
}

/** Reads a file that only this user can have written, because compiled code is executed unchecked. `undefined` for other files. */
function readOwn(path: string): Buffer | undefined {
  let opened: number | undefined;
  try {
    opened = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { uid, mode, size } = fstatSync(opened);
    const own = (mode & constants.S_IFMT) === constants.S_IFREG && uid === process.geteuid?.();
    if (!own || (mode & WRITABLE_BY_OTHERS) !== 0) return undefined;
    const code = Buffer.allocUnsafeSlow(size);
    return readFully(opened, code, 0, size) ? code : undefined;
  } catch {
    return undefined;
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}

/** Writes the code that V8 compiled, completely or not at all: incomplete code would also be executed. */
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
      // The file was never created.
    }
  }
}

/** Number of builds of a program whose code is kept for each command. */
const BUILDS = 3;
/** Milliseconds after which code is dropped, whatever it is of: ninety days. If it is still used, the next run stores it again. */
const OLD = 90 * 24 * 3_600_000;

/** Drops the code of older builds of a program's command, and all old code: a build never finds the code of another one. */
function dropOld(folder: string, beginning: string): void {
  try {
    const files = readdirSync(folder)
      .filter(name => name.includes('-v8-'))
      .map(name => ({ name, stored: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
      .sort((one, other) => other.stored - one.stored);
    const builds = files.filter(({ name }) => name.startsWith(beginning)).slice(BUILDS);
    const old = files.filter(({ stored }) => stored < Date.now() - OLD);
    for (const { name } of new Set([...builds, ...old])) unlinkSync(join(folder, name));
  } catch {
    // Another process has dropped them, or the folder is not writable.
  }
}
