import { readFileSync } from 'node:fs';
import { open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { HistoryError } from '../errors.js';

/** When a process was started, as the kernel counts it; `undefined` if there is no such process. Another process may have its number later. */
function startOf(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/**
 * Makes sure that one recorder writes to a folder. Returns what gives the folder free again. A lock that a killed recorder left does not
 * count.
 *
 * @throws HistoryError IN_USE
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'recorder.lock');
  const own = String(process.pid);
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(`${own} ${startOf(own) ?? ''}`);
      await file.close();
      return () => unlink(path).catch(() => {});
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const [pid = '', start = ''] = (await readFile(path, 'utf8').catch(() => '')).split(' ');
    if (pid !== '' && startOf(pid) === start)
      throw new HistoryError(
        'IN_USE',
        `${folder} is in use: process ${pid} records into it. Stop that process, or use another folder`,
      );
    await unlink(path).catch(() => {});
  }
}
