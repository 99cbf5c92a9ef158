import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Io } from '../process/io.js';

/** The program of util-linux that runs a program in new namespaces. */
const UNSHARE = 'unshare';
/** The variable that is set for the inner program, so that it does not start itself again. */
const INSIDE = 'CTCTL_IN_USER_NAMESPACE';

/** Whether this process was started by {@link inUserNamespace}. */
export const isInside = (io: Pick<Io, 'env'>): boolean => io.env[INSIDE] === '1';

/** Whether this user may create a user namespace with a network namespace in it. Some hosts forbid it. */
export const userNamespaceWorks = (): boolean =>
  spawnSync(UNSHARE, ['-Ur', UNSHARE, '-n', 'true'], { stdio: 'ignore' }).status === 0;

/**
 * Runs this command line again in a new user namespace (`unshare -Ur`), where it may create network namespaces. The
 * network namespace stays the host's. Returns the exit code. The inner process ends when this process ends, for
 * whatever reason.
 */
export async function inUserNamespace(io: Io): Promise<number> {
  const program = spawn(UNSHARE, ['-Ur', process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    env: { ...io.env, [INSIDE]: '1' },
    // The channel breaks when this process dies, which tells the inner process.
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
