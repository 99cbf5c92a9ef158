import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Io } from '../process/io.js';

/** util-linux: runs a program in new namespaces. */
const UNSHARE = 'unshare';
/** Set for the program inside, so that it does not go round in circles where the user namespace did not help. */
const INSIDE = 'CTCTL_IN_USER_NAMESPACE';

/** Whether this program was started by {@link inUserNamespace}. */
export const isInside = (io: Pick<Io, 'env'>): boolean => io.env[INSIDE] === '1';

/** Whether this user may make a user namespace, and a network namespace in it: some hosts forbid it. */
export const userNamespaceWorks = (): boolean =>
  spawnSync(UNSHARE, ['-Ur', UNSHARE, '-n', 'true'], { stdio: 'ignore' }).status === 0;

/**
 * Runs this very command line again in a new user namespace (`unshare -Ur`), where it may make network namespaces, and answers its
 * exit code. The network namespace stays the host's. It ends with this process, however that ends.
 */
export async function inUserNamespace(io: Io): Promise<number> {
  const program = spawn(UNSHARE, ['-Ur', process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    env: { ...io.env, [INSIDE]: '1' },
    // The channel breaks when this process dies, and the one inside hears of it.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const stop = (): void => void program.kill('SIGTERM');
  io.signal.addEventListener('abort', stop, { once: true });
  try {
    const [code] = (await once(program, 'exit')) as [number | null];
    return code ?? 1;
  } finally {
    io.signal.removeEventListener('abort', stop);
  }
}
