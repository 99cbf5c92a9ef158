import { isDeepStrictEqual } from 'node:util';
import type { RunningServer } from '@conntrack/api';
import type { Config, FileGroup } from '../config/index.js';
import { type Io, say } from '../process/io.js';
import { type ConfigArguments, inherit, loadConfig } from './load.js';
import type { Log } from './logs.js';
import type { ReloadCounts } from './reload-counts.js';
import type { ServiceManager } from './service-manager.js';
import { statesOf, watchFiles } from './watch-files.js';

/** A group of files with its state just before it was read. */
export interface WatchedFiles extends FileGroup {
  readonly state: string;
}

/** The files of a configuration. Call this before reading them, so that a change in between is noticed. */
export async function watchedFiles(config: Config): Promise<WatchedFiles[]> {
  const { filesOf } = await import('../config/index.js');
  return Promise.all(
    filesOf(config).map(async ({ what, paths, read }) => ({ what, paths, read, state: await statesOf(paths) })),
  );
}

/** A running server, and what it was started with. */
export interface Reload {
  io: Io;
  options: ConfigArguments;
  config: Config;
  files: readonly WatchedFiles[];
  server: RunningServer;
  log: Log;
  counts: ReloadCounts;
  manager: ServiceManager;
  /** The status that the service manager shows for the running server. */
  status: string;
}

/** Settings that a running server can replace: they contain files and clients. */
const TAKEN = ['tokens', 'tokenList', 'tls', 'listen'];

/** The addresses without their TLS settings: a running server can replace those only. */
const addresses = ({ listen }: Config): unknown => listen?.map(({ address }) => address);

/** Names of changed settings that need a restart. */
const waiting = (before: Config, now: Config): string[] => {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])] as (keyof Config)[];
  const others = names.filter(name => !TAKEN.includes(name) && !isDeepStrictEqual(before[name], now[name]));
  return isDeepStrictEqual(addresses(before), addresses(now)) ? others : [...others, 'listen'];
};

function write(log: Log, event: string, details: object): void {
  try {
    log.write({ time: new Date().toISOString(), event, ...details });
  } catch {
    // The log has already printed the reason on standard error.
  }
}

/**
 * Starts to reload: certificates and tokens are read again when their files change. With `hangups`, SIGHUP also reads
 * the configuration again and opens the audit file again. Connections and streams continue. If something is invalid,
 * everything stays as it was, and the reason is printed. Returns a function that stops reloading.
 */
export function reloading(reload: Reload, hangups: boolean): () => void {
  let unwatch = watch(reload, reload.files);
  const hangup = async (): Promise<void> => {
    const files = await again(reload);
    if (files === undefined) return;
    unwatch();
    unwatch = watch(reload, files);
  };
  const unlisten = hangups ? reload.io.onHangup?.(() => void hangup()) : undefined;
  return () => {
    unlisten?.();
    unwatch();
  };
}

/** Reads each group of files again when it changes. An invalid group leaves the old settings active. */
function watch({ io, server, log, counts }: Reload, files: readonly WatchedFiles[]): () => void {
  const ends = files.map(({ what, paths, state, read }) =>
    watchFiles(paths, state, () => {
      try {
        server.renew(read());
        counts.add(what, 'ok');
        write(log, 'reloaded', { what, files: paths });
      } catch (error) {
        const detail = (error as Error).message;
        counts.add(what, 'failed');
        write(log, 'reload-failed', { what, files: paths, detail });
        say(io, `${what}: the changed files are invalid; the old settings stay active: ${detail}`);
      }
    }),
  );
  return () => {
    for (const end of ends) end();
  };
}

/**
 * Reads the configuration and all its files again. Returns the files that are active now; `undefined` if nothing was
 * reloaded.
 */
async function again(reload: Reload): Promise<WatchedFiles[] | undefined> {
  const { io, options, config, server, log, counts, manager, status } = reload;
  manager.reloading();
  try {
    log.reopen();
    const { serveOptionsOf } = await import('../config/index.js');
    const fresh = inherit(io, await loadConfig(io, options));
    const same = isDeepStrictEqual(addresses(config), addresses(fresh));
    // Certificates of addresses that the server does not listen on are not watched.
    const files = await watchedFiles(same ? fresh : { ...fresh, listen: config.listen, tls: config.tls });
    const { tokens, jwt, listen } = serveOptionsOf(fresh);
    const jwks = typeof jwt?.jwks === 'object' ? { jwks: jwt.jwks } : {};
    server.renew({ tokens: tokens ?? [], ...jwks, ...(same && listen && { tls: listen.map(({ tls }) => tls) }) });
    const later = waiting(config, fresh);
    counts.add('settings', 'ok');
    write(log, 'reloaded', { ...(later.length > 0 && { afterRestart: later }) });
    return files;
  } catch (error) {
    counts.add('settings', 'failed');
    write(log, 'reload-failed', { detail: (error as Error).message });
    say(io, `nothing was reloaded; the old settings stay active: ${(error as Error).message}`);
    return undefined;
  } finally {
    manager.ready(status);
  }
}
