import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Milliseconds between two checks. */
const EVERY = 1000;

/**
 * A text that changes when the content of a path changes, without reading it. Symbolic links are followed. A folder
 * includes its files.
 */
async function stateOf(path: string, inside = false): Promise<string> {
  const found = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => error.code ?? 'unknown');
  if (typeof found === 'string') return `${path} ${found}`;
  const { dev, ino, size, mtimeNs, ctimeNs } = found;
  const own = `${path} ${dev}:${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  if (inside || !found.isDirectory()) return own;
  const names = (await readdir(path).catch(() => [])).sort();
  return [own, ...(await Promise.all(names.map(name => stateOf(join(path, name), true))))].join('\n');
}

/** The current state of paths, for {@link watchFiles}. */
export const statesOf = async (paths: readonly string[]): Promise<string> =>
  (await Promise.all(paths.map(path => stateOf(path)))).join('\n');

/**
 * Calls `changed` when the paths differ from `known`. It polls instead of using fs.watch, because files are replaced by
 * renaming, links are swapped (a kubelet does that with Secrets), and folders may be on a network. A change counts when
 * two checks in a row see the same state, so that a certificate and its key are read together. Returns a function that
 * stops the checks.
 */
export function watchFiles(
  paths: readonly string[],
  known: string,
  changed: () => void,
  every: number = EVERY,
): () => void {
  let [settled, seen] = [known, known];
  let looking = false;
  let ended = false;
  const look = async (): Promise<void> => {
    const now = await statesOf(paths);
    if (ended) return;
    const rests = now === seen;
    seen = now;
    if (!rests || now === settled) return;
    settled = now;
    changed();
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => {
      looking = false;
    });
  }, every);
  timer.unref();
  return () => {
    ended = true;
    clearInterval(timer);
  };
}
