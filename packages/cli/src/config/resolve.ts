import { resolve } from 'node:path';
import {
  type CertificateHolder,
  checkTls,
  DEFAULT_LISTEN,
  type JwtOptions,
  type ListenOptions,
  readListen,
  type ServeOptions,
  type StoredToken,
  type TlsOptions,
} from '@conntrack/api/options';
import { anyOf, type Filter } from '@conntrack/filter';
import { ConfigError } from './config-error.js';
import { fleetPaths } from './fleet.js';
import { gather } from './gather.js';
import { filterOf, holderOf } from './holder.js';
import { jwtOf, keyFileOf } from './jwt.js';
import { pem } from './pem.js';
import { readFile } from './read.js';
import { type Config, type ConfigListen, ConfigSchema } from './schema.js';
import { tokensOf } from './tokens.js';

/** Reads the settings of a file. Paths in it are relative to its folder. @throws ConfigError */
export function readConfig(file: string): Config {
  const config = readFile(file, ConfigSchema);
  const path = (each: string): string => resolve(file, '..', each);
  const { tokens, audit, listen, tls, jwt, history, ndjson, fleet } = config;
  const keys = keyFileOf(config);
  return {
    ...config,
    ...(tokens !== undefined && { tokens: path(tokens) }),
    ...(audit !== undefined && audit !== 'stderr' && { audit: path(audit) }),
    ...(ndjson !== undefined && { ndjson: { ...ndjson, folder: path(ndjson.folder) } }),
    ...(jwt !== undefined && keys !== undefined && { jwt: { ...jwt, jwks: path(keys) } }),
    ...(history?.folder !== undefined && { history: { ...history, folder: path(history.folder) } }),
    ...(tls !== undefined && { tls: tlsPaths(tls, path) }),
    ...(fleet !== undefined && { fleet: fleetPaths(fleet, path) }),
    ...(listen !== undefined && {
      listen: listen.map(each => ('tls' in each ? { ...each, tls: tlsPaths(each.tls, path) } : each)),
    }),
  };
}

type ConfigTls = NonNullable<Config['tls']>;
/** A listen address with all its settings. */
type FullListen = ConfigListen & {
  mode?: number | undefined;
  scopes?: ListenOptions['scopes'] | undefined;
  tls?: ConfigTls | undefined;
};

/** The TLS settings that are paths. */
const TLS_FILES = ['cert', 'key', 'clientCa'] as const;

const tlsPaths = (tls: ConfigTls | undefined, path: (file: string) => string): ConfigTls | undefined =>
  tls && {
    ...tls,
    cert: path(tls.cert),
    key: path(tls.key),
    ...(tls.clientCa !== undefined && { clientCa: path(tls.clientCa) }),
  };

function tlsOf(tls: ConfigTls, address: string, setting: string): TlsOptions {
  const [cert, key, clientCa] = gather(
    TLS_FILES.map(name => () => {
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

/** Whether an address is a TCP address. TLS applies to these only, and modes to the others. */
const isTcp = (address: string): boolean => !/^(unix:|fd:|systemd)/.test(address);

/** The configured addresses. If only TLS is configured, it applies to the default address. */
const addressesOf = ({ listen, tls }: Config): readonly ConfigListen[] | undefined =>
  listen ?? (tls && [{ address: DEFAULT_LISTEN }]);

/** The TLS settings of an address: its own, or the common ones. */
function tlsSettingOf(config: Config, each: FullListen, i: number): { tls: ConfigTls; setting: string } | undefined {
  const { address, tls } = each;
  if (tls !== undefined) return { tls, setting: `listen[${i}].tls` };
  return config.tls && isTcp(address) ? { tls: config.tls, setting: 'tls' } : undefined;
}

/** The listen addresses with their certificates. @throws ConfigError; ListenError for an invalid address */
export const listenOf = (config: Config): ListenOptions[] | undefined => {
  const addresses = addressesOf(config);
  if (addresses === undefined) return undefined;
  return gather(
    addresses.map((each, i) => (): ListenOptions => {
      const { address, scopes, ...own }: FullListen = each;
      // Addresses of systemd become `fd:` when the server starts.
      if (!address.startsWith('systemd')) readListen(address);
      const mode = own.mode ?? (address.startsWith('unix:') ? config.socketMode : undefined);
      const secured = tlsSettingOf(config, each, i);
      return {
        address,
        ...(mode !== undefined && { mode }),
        ...(scopes && { scopes }),
        ...(secured && { tls: tlsOf(secured.tls, address, secured.setting) }),
      };
    }),
  );
};

/** The certificate files of each address with TLS, and a function that reads them. */
export const certificatesOf = (config: Config): { index: number; paths: string[]; read: () => TlsOptions }[] =>
  (addressesOf(config) ?? []).flatMap((each, index) => {
    const { address } = each;
    const secured = tlsSettingOf(config, each, index);
    if (secured === undefined) return [];
    const paths = TLS_FILES.flatMap(name => secured.tls[name] ?? []);
    return [{ index, paths, read: () => tlsOf(secured.tls, address, secured.setting) }];
  });

/**
 * The filter of protected flows: a flow that matches any of the configured filters is protected.
 *
 * @throws ConfigError
 */
export const protectOf = ({ protect }: Config): Filter | undefined =>
  protect && anyOf(gather(protect.map((text, i) => () => filterOf(text, '', `protect[${i}]`))));

const SECOND = 1000;
const milliseconds = (given: Readonly<Record<string, number | undefined>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value * SECOND]])),
  );
export const present = <T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;

/** The options of `serve` that a configuration determines. */
type Settings = Omit<ServeOptions, 'table' | 'netns' | 'log' | 'listen'> & { listen?: ListenOptions[] };

/**
 * The options of `serve`, without table and log. Reads tokens and certificates at each call.
 *
 * @throws ConfigError with all faults
 */
export function serveOptionsOf(config: Config): Settings {
  const { anonymous, readOnly, hosts, origins, trustedProxies, limits = {}, events = {}, timeouts = {} } = config;
  const { connections, ...rest } = limits;
  const { stall, grace, dumpWait, restore, ...connection } = timeouts;
  const [listen, stored, jwt] = gather<ListenOptions[] | StoredToken[] | JwtOptions | undefined>([
    () => listenOf(config),
    () => tokensOf(config),
    () => jwtOf(config),
  ]) as [ListenOptions[] | undefined, StoredToken[] | undefined, JwtOptions | undefined];
  return {
    ...(listen && { listen }),
    ...(stored && { tokens: stored }),
    ...(jwt && { jwt }),
    ...(anonymous && { anonymous }),
    ...(readOnly !== undefined && { readOnly }),
    ...(config.console !== undefined && { console: config.console }),
    ...(hosts && { hosts }),
    ...(config.basePath !== undefined && { basePath: config.basePath }),
    ...(origins && { origins }),
    ...(config.node !== undefined && { node: config.node }),
    ...(config.auditRequired !== undefined && { auditRequired: config.auditRequired }),
    ...(config.log?.access !== undefined && { accessLog: config.log.access }),
    ...(trustedProxies && { trustedProxies }),
    limits: { ...present(rest), ...milliseconds({ stall, dumpWait, restoreTime: restore }) },
    eventLimits: present(events),
    connections: { ...milliseconds(connection), ...present({ connections }) },
    ...(grace !== undefined && { grace: grace * SECOND }),
  };
}
