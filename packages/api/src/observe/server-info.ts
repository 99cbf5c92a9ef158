import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { packageVersion } from './version.js';

/** The version of the routes and their responses. It changes when existing clients would break. */
export const API_VERSION = '1';

/** Identifies a server: a controller of many hosts can distinguish them, and notices a restart. */
export interface ServerInfo {
  /** The host's name, or the configured one. */
  readonly node: string;
  readonly version: string;
  readonly apiVersion: string;
  /** The kernel's boot id, which changes with each boot of the host. Absent if it cannot be read. */
  readonly bootId?: string;
  /** A random id, which changes with each start of the server. */
  readonly instanceId: string;
  /** The time of the server's start (RFC 3339). */
  readonly started: string;
}

function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'ascii').trim();
  } catch {
    return undefined;
  }
}

/** Collects the facts that identify this server. */
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

/**
 * The value of the header `X-Conntrack-Server`: `node="gw1", version="0.1.0", api="1", boot="4f1d2a90"`. The first 8
 * digits of the boot id are enough to notice a change.
 */
export function serverHeader({ node, version, apiVersion, bootId = '' }: ServerInfo): string {
  const name = node.replaceAll(/[^\w.:-]/g, '_').slice(0, 255);
  return `node="${name}", version="${version}", api="${apiVersion}", boot="${bootId.slice(0, 8)}"`;
}
