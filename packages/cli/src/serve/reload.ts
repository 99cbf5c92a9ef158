import { isDeepStrictEqual } from 'node:util';
import type { RunningServer } from '@conntrack/api';
import type { Config } from '@conntrack/api/config';
import { type Io, say } from '../io.js';
import { type ConfigArguments, inherit, loadConfig } from './load.js';
import type { Log } from './logs.js';
import type { ServiceManager } from './service-manager.js';

/** A server with what it was started from. */
export interface Reload {
  io: Io;
  options: ConfigArguments;
  config: Config;
  server: RunningServer;
  log: Log;
  manager: ServiceManager;
  /** What the service manager shows of a server that is up. */
  status: string;
}

/** Settings that a running server takes: these hold files that are read anew, and clients. */
const TAKEN = ['tokens', 'tls', 'listen'];

/** The addresses alone: certificates and clients are taken, addresses are not. */
const addresses = ({ listen }: Config): unknown => listen?.map(({ address }) => address);

/** Settings that are other than at the start, and wait for the next. */
const waiting = (before: Config, now: Config): string[] => {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])] as (keyof Config)[];
  const others = names.filter(name => !TAKEN.includes(name) && !isDeepStrictEqual(before[name], now[name]));
  return isDeepStrictEqual(addresses(before), addresses(now)) ? others : [...others, 'listen'];
};

/**
 * From now on SIGHUP reads tokens and certificates anew, and opens the audit file anew. Connections and streams go on. What cannot be used leaves all as
 * it was, and is said. Returns what ends it.
 */
export function reloading(reload: Reload): () => void {
  const { io } = reload;
  return io.onHangup?.(() => void again(reload)) ?? (() => {});
}

async function again({ io, options, config, server, log, manager, status }: Reload): Promise<void> {
  const line = (event: string, details: object): void => {
    try {
      log.write({ time: new Date().toISOString(), event, ...details });
    } catch {
      // The log has said it on standard error.
    }
  };
  manager.reloading();
  try {
    log.reopen();
    const { serveOptionsOf } = await import('@conntrack/api/config');
    const fresh = inherit(io, await loadConfig(io, options));
    const { tokens, listen } = serveOptionsOf(fresh);
    const same = isDeepStrictEqual(addresses(config), addresses(fresh));
    server.renew({ tokens: tokens ?? [], ...(same && listen && { tls: listen.map(({ tls }) => tls) }) });
    const later = waiting(config, fresh);
    line('reloaded', { ...(later.length > 0 && { afterRestart: later }) });
  } catch (error) {
    line('reload-failed', { detail: (error as Error).message });
    say(io, `nothing was reloaded, what was in force stays: ${(error as Error).message}`);
  }
  manager.ready(status);
}
