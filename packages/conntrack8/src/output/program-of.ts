import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const NETLINK_NETFILTER = '12';
/** Milliseconds that an answer stays cached: a port belongs to a process as long as the process keeps its socket. */
const BELIEVED = 1000;

const answers = new Map<number, { name: string | undefined; until: number }>();

/**
 * The name of the program with a netlink port, from /proc; it may have ended already. Finds the socket's inode in
 * /proc/net/netlink, and the process by its open files. Most ports equal the process id, which is checked first.
 */
export function programOf(portid: number): string | undefined {
  const known = answers.get(portid);
  const now = performance.now();
  if (known !== undefined && known.until > now) return known.name;
  if (answers.size > 1000) answers.clear();
  const name = find(portid);
  answers.set(portid, { name, until: now + BELIEVED });
  return name;
}

function find(portid: number): string | undefined {
  try {
    const row = readFileSync('/proc/net/netlink', 'latin1')
      .split('\n')
      .map(line => line.trim().split(/\s+/))
      .find(([, protocol, port]) => protocol === NETLINK_NETFILTER && Number(port) === portid);
    const inode = row?.[9];
    if (inode === undefined) return undefined;
    const socket = `socket:[${inode}]`;
    const others = readdirSync('/proc').filter(name => /^\d+$/.test(name));
    for (const pid of [String(portid), ...others]) if (holds(pid, socket)) return commandName(pid);
  } catch {
    // Without /proc there are no names.
  }
  return undefined;
}

function holds(pid: string, socket: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some(fd => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`) === socket;
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}

const commandName = (pid: string): string => readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
