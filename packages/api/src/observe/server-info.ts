import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { packageVersion } from './version.js';

/** The version of the routes and their answers: it changes when a program that was written for it would break. */
export const API_VERSION = '1';

/** Which server answers, so that a controller of many hosts can tell them apart, and notices a restart. */
export interface ServerInfo {
  /** The host's name, or the one that the server was given. */
  readonly node: string;
  readonly version: string;
  readonly apiVersion: string;
  /** The kernel's: another one after each boot of the host. Absent where it cannot be read. */
  readonly bootId?: string;
  /** Another one after each start of the server. */
  readonly instanceId: string;
  /** RFC 3339. */
  readonly started: string;
}

function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'ascii').trim();
  } catch {
    return undefined;
  }
}

/** What this server is. */
export function serverInfo(node: string = hostname()): ServerInfo {
  const boot = bootId();
  return {
    node,
    version: packageVersion(),
    apiVersion: API_VERSION,
    ...(boot !== undefined && { bootId: boot }),
    instanceId: randomUUID(),
    started: new Date().toISOString(),
  };
}

/** The server in one header, as `node="gw1", version="0.1.0", api="1", boot="4f1d2a90"`: of the boot id the first part is enough to see that it has changed. */
export function serverHeader({ node, version, apiVersion, bootId = '' }: ServerInfo): string {
  const name = node.replaceAll(/[^\w.:-]/g, '_').slice(0, 255);
  return `node="${name}", version="${version}", api="${apiVersion}", boot="${bootId.slice(0, 8)}"`;
}
