import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { anyOf, type Filter, FilterError } from '@conntrack/filter';
import { parseFilter } from '@conntrack/filter/hints';
import { requireSource } from '@conntrack/filter/requirements';
import type { StoredToken } from '../../tokens.js';
import type { ListenOptions } from '../listener.js';
import type { ServeOptions } from '../serve.js';
import { type CertificateHolder, checkTls, type TlsOptions } from '../tls.js';
import { ConfigError, type ConfigFault } from './config-error.js';
import { readFile } from './read.js';
import { type Config, type ConfigListen, ConfigSchema, TokensSchema } from './schema.js';

/** Runs all, and throws all of their faults at once. */
function gather<T>(tasks: readonly (() => T)[]): T[] {
  const faults: ConfigFault[] = [];
  const results: T[] = [];
  for (const task of tasks)
    try {
      results.push(task());
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(...error.faults);
    }
  if (faults.length > 0) throw new ConfigError(faults);
  return results;
}

/** A filter of entries: what is known of events alone would match none. */
function filterOf(text: string, where: string, setting: string): Filter {
  try {
    const { filter } = parseFilter(text);
    requireSource(filter, { accounting: true, timestamps: true });
    if (filter.kind === 'all') throw new ConfigError([{ where, setting, message: 'this filter means everything' }]);
    return filter;
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new ConfigError(
      error.issues.map(({ snippet }) => ({ where, setting, message: `\n${snippet.replace(/^/gm, '  ')}` })),
    );
  }
}

function holderOf<T extends { filter?: string | undefined }>(given: T, where: string, setting: string) {
  const { filter, ...rest } = given;
  const present = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return {
    ...(present as Omit<T, 'filter'>),
    ...(filter !== undefined && { filter: filterOf(filter, where, setting) }),
  };
}

/** The tokens of a file. @throws ConfigError with all faults, each with its place */
export function readTokens(file: string): StoredToken[] {
  const { tokens } = readFile(file, TokensSchema, { secret: true });
  const seen = new Map<string, string>();
  return gather(
    tokens.map((token, i) => () => {
      const twin = seen.get(token.sha256.toLowerCase());
      if (twin !== undefined)
        throw new ConfigError([
          { where: file, setting: `tokens[${i}]`, message: `'${token.name}' has the token of '${twin}'` },
        ]);
      seen.set(token.sha256.toLowerCase(), token.name);
      return holderOf(token, file, `tokens[${i}].filter`) as StoredToken;
    }),
  );
}

/** The settings of a file; the paths in it are relative to its folder. @throws ConfigError */
export function readConfig(file: string): Config {
  const config = readFile(file, ConfigSchema);
  const path = (each: string): string => resolve(file, '..', each);
  const { tokens, audit, listen, tls } = config;
  return {
    ...config,
    ...(tokens !== undefined && { tokens: path(tokens) }),
    ...(audit !== undefined && audit !== 'stderr' && { audit: path(audit) }),
    ...(tls !== undefined && { tls: tlsPaths(tls, path) }),
    ...(listen !== undefined && {
      listen: listen.map(each => ('tls' in each ? { ...each, tls: tlsPaths(each.tls, path) } : each)),
    }),
  };
}

type ConfigTls = NonNullable<Config['tls']>;
/** An address with all that it may say. */
type FullListen = ConfigListen & {
  mode?: number | undefined;
  scopes?: ListenOptions['scopes'] | undefined;
  tls?: ConfigTls | undefined;
};

const tlsPaths = (tls: ConfigTls | undefined, path: (file: string) => string): ConfigTls | undefined =>
  tls && {
    ...tls,
    cert: path(tls.cert),
    key: path(tls.key),
    ...(tls.clientCa !== undefined && { clientCa: path(tls.clientCa) }),
  };

function pem(file: string, setting: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ConfigError(
      [{ where: file, setting, message: `it cannot be read (${(error as NodeJS.ErrnoException).code})` }],
      error,
    );
  }
}

function tlsOf(tls: ConfigTls, address: string, setting: string): TlsOptions {
  const [cert, key, clientCa] = gather(
    (['cert', 'key', 'clientCa'] as const).map(name => () => {
      const file = tls[name];
      return file === undefined ? undefined : pem(file, `${setting}.${name}`);
    }),
  );
  const clients = tls.clients?.map(
    (client, i) => holderOf(client, address, `${setting}.clients[${i}].filter`) as CertificateHolder,
  );
  const options: TlsOptions = {
    cert: cert!,
    key: key!,
    ...(clientCa && { clientCa }),
    ...(tls.clientAuth && { clientAuth: tls.clientAuth }),
    ...(clients && { clients }),
  };
  try {
    checkTls(options, address);
  } catch (error) {
    throw new ConfigError([{ where: tls.cert, setting, message: (error as Error).message }], error);
  }
  return options;
}

/** Whether an address is one of hosts, as far as its text tells: TLS and modes are for one kind each. */
const isTcp = (address: string): boolean => !/^(unix:|fd:|systemd)/.test(address);

/** The addresses, with their certificates read. @throws ConfigError */
export const listenOf = (config: Config): ListenOptions[] | undefined =>
  config.listen &&
  gather(
    config.listen.map((each, i) => (): ListenOptions => {
      const { address, scopes, ...own }: FullListen = each;
      const mode = own.mode ?? (address.startsWith('unix:') ? config.socketMode : undefined);
      const tls = own.tls ?? (isTcp(address) ? config.tls : undefined);
      return {
        address,
        ...(mode !== undefined && { mode }),
        ...(scopes && { scopes }),
        ...(tls && { tls: tlsOf(tls, address, own.tls ? `listen[${i}].tls` : 'tls') }),
      };
    }),
  );

/** The filter of flows that no change touches; a flow under any of several is spared. @throws ConfigError */
export const protectOf = ({ protect }: Config): Filter | undefined =>
  protect && anyOf(gather(protect.map((text, i) => () => filterOf(text, '', `protect[${i}]`))));

const SECOND = 1000;
const milliseconds = (given: Readonly<Record<string, number | undefined>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value * SECOND]])),
  );
const present = <T extends object>(given: T): Record<string, number> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

/** What `serve` takes of a configuration. */
type Settings = Omit<ServeOptions, 'table' | 'netns' | 'log' | 'listen'> & { listen?: ListenOptions[] };

/** What `serve` takes of it, but for table and log: tokens and certificates are read anew each time. @throws ConfigError with all faults */
export function serveOptionsOf(config: Config): Settings {
  const {
    tokens,
    anonymous,
    readOnly,
    hosts,
    origins,
    trustedProxies,
    limits = {},
    events = {},
    timeouts = {},
  } = config;
  const { connections, ...rest } = limits;
  const { stall, grace, dumpWait, ...connection } = timeouts;
  const [listen, stored] = gather<ListenOptions[] | StoredToken[] | undefined>([
    () => listenOf(config),
    () => (tokens === undefined ? undefined : readTokens(tokens)),
  ]) as [ListenOptions[] | undefined, StoredToken[] | undefined];
  return {
    ...(listen && { listen }),
    ...(stored && { tokens: stored }),
    ...(anonymous && { anonymous }),
    ...(readOnly !== undefined && { readOnly }),
    ...(hosts && { hosts }),
    ...(origins && { origins }),
    ...(config.node !== undefined && { node: config.node }),
    ...(config.auditRequired !== undefined && { auditRequired: config.auditRequired }),
    ...(config.log?.access !== undefined && { accessLog: config.log.access }),
    ...(trustedProxies && { trustedProxies }),
    limits: { ...present(rest), ...milliseconds({ stall, dumpWait }) },
    eventLimits: present(events),
    connections: { ...milliseconds(connection), ...present({ connections }) },
    ...(grace !== undefined && { grace: grace * SECOND }),
  };
}
