import { hostname } from 'node:os';
import type { AgentOptions } from '@conntrack/fleet/nats';
import { ConfigError } from './config-error.js';
import { gather } from './gather.js';
import { pem } from './pem.js';
import type { Config } from './schema.js';

type ConfigFleet = NonNullable<Config['fleet']>;

/** The settings that are paths. */
const FILES = ['credentials', 'ca', 'cert', 'key'] as const;

/** Makes the paths of a fleet's settings absolute. */
export const fleetPaths = (fleet: ConfigFleet, path: (file: string) => string): ConfigFleet => ({
  ...fleet,
  ...Object.fromEntries(FILES.flatMap(name => (fleet[name] === undefined ? [] : [[name, path(fleet[name])]]))),
});

/** How this host belongs to a fleet. */
export type FleetSettings = Pick<AgentOptions, 'servers' | 'fleet' | 'node' | 'tags' | 'credentials' | 'tls'>;

/**
 * The name of a node that has none in the settings: the host's name without its domain, in lower case.
 */
const ownName = (): string => hostname().split('.')[0]!.toLowerCase();

/**
 * The settings of a fleet, with the content of their files. `undefined` without a fleet.
 *
 * @throws ConfigError
 */
export async function fleetOf({ fleet, node = ownName() }: Config): Promise<FleetSettings | undefined> {
  if (fleet === undefined) return undefined;
  const { checkNode, parseFleetUrl } = await import('@conntrack/fleet/nats');
  const { url, tags = [] } = fleet;
  const checked = <T>(setting: string, check: () => T): T => {
    try {
      return check();
    } catch (error) {
      throw new ConfigError([{ where: '', setting, message: (error as Error).message }], error);
    }
  };
  if (url === undefined)
    throw new ConfigError([
      { where: '', setting: 'fleet', message: 'the broker is missing. Use --fleet nats://HOST:4222/FLEET' },
    ]);
  const parsed = checked('fleet.url', () => parseFleetUrl(url));
  checked('node', () => checkNode(node, tags));
  const [credentials, ca, cert, key] = gather(
    FILES.map(name => () => {
      const path = fleet[name];
      return path === undefined ? undefined : pem(path, `fleet.${name}`).toString();
    }),
  );
  const tls = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  return {
    ...parsed,
    ...{ node, tags },
    ...(credentials !== undefined && { credentials }),
    ...(Object.keys(tls).length > 0 && { tls }),
  };
}
