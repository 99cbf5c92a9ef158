import { FleetError } from '../../error.js';
import { checkTag } from '../../node-id.js';

/** The broker and the name of a fleet. */
export interface FleetAddress {
  /** The URLs of the broker's servers. */
  readonly servers: string[];
  readonly fleet: string;
}

/** The name of a fleet whose URL has none. */
const DEFAULT_FLEET = 'default';

/**
 * Reads the URL of a fleet: `nats://HOST:4222/FLEET`. A broker of several servers is a list of URLs, separated by commas,
 * and the last one has the name. A URL without a name means the fleet `default`.
 *
 * @throws FleetError BROKER_UNUSABLE, NODE_INVALID
 */
export function parseFleetUrl(text: string): FleetAddress {
  const match = /^((?:nats|tls):\/\/[^/]+)(?:\/(.*))?$/.exec(text.split(',').at(-1)!.trim());
  if (match === null)
    throw new FleetError(
      'BROKER_UNUSABLE',
      `'${withoutSecrets(text)}' must be the URL of a broker and the name of a fleet: nats://HOST:4222/FLEET`,
    );
  const [, last = '', name = ''] = match;
  const fleet = name === '' ? DEFAULT_FLEET : name;
  checkTag(fleet);
  const servers = text.split(',').slice(0, -1);
  return { servers: [...servers.map(server => server.trim()), last], fleet };
}

/** A URL without its user and password, for messages. */
export const withoutSecrets = (url: string): string => url.replaceAll(/\/\/[^@/]*@/g, '//');
