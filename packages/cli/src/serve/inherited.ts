import { UsageError } from '../process/usage-error.js';

type Env = Readonly<Record<string, string | undefined>>;

/** The first inherited file descriptor (SD_LISTEN_FDS_START). */
const FIRST = 3;

/** The sockets that a service manager passed to this process (sd_listen_fds(3)), with their names. */
function inherited(env: Env, pid: number): { address: string; name: string | undefined }[] {
  if (Number(env.LISTEN_PID) !== pid) return [];
  const names = env.LISTEN_FDNAMES?.split(':') ?? [];
  return Array.from({ length: Number(env.LISTEN_FDS) || 0 }, (_, i) => ({
    address: `fd:${FIRST + i}`,
    name: names[i],
  }));
}

/**
 * Replaces the addresses `systemd` (all inherited sockets) and `systemd:NAME` (those with this FileDescriptorName=) by
 * file descriptors.
 *
 * @throws UsageError if no socket was inherited
 */
export function withInherited<T extends { address: string }>(listen: readonly T[], env: Env, pid: number): T[] {
  return listen.flatMap(each => {
    const [kind, name] = each.address.split(/:(.*)/s);
    if (kind !== 'systemd') return [each];
    const sockets = inherited(env, pid).filter(socket => name === undefined || socket.name === name);
    if (sockets.length === 0)
      throw new UsageError(
        `${each.address}: no socket ${name === undefined ? '' : `named '${name}' `}was inherited. This address is for a service with a .socket unit (LISTEN_FDS, LISTEN_PID)`,
      );
    return sockets.map(({ address }) => ({ ...each, address }));
  });
}
