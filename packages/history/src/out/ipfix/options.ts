import { OptionsError } from '@conntrack/flow';
import { checkOptions, type OptionRules, oneOf, text, whole } from '@conntrack/flow/checks';

/** The port that IANA assigned to IPFIX, over UDP and TCP. */
const IPFIX_PORT = 4739;

/** Which rows an exporter sends: ended flows, NAT sessions (RFC 8158), or both. */
export type IpfixRecords = (typeof RECORDS)[number];
const RECORDS = ['all', 'flows', 'nat'] as const;

/** The collector, and what it gets. */
export interface IpfixOptions {
  transport: 'udp' | 'tcp';
  /** Address or name of the collector. */
  host: string;
  /** Port of the collector. Default: 4739. */
  port?: number;
  /** Observation domain id, 1 to 2^32 − 1. Give every exporter on a host its own. Default: 1. Statistics have domain 0. */
  domain?: number;
  /** Bytes of UDP payload that a message may have, 512 to 65,507. Default: 1,400, which fits into Ethernet with tunnels. */
  mtu?: number;
  /** Default: `all`. */
  records?: IpfixRecords;
  /** Seconds between two transmissions of all templates over UDP, and of the exporter's statistics. Default: 60. */
  refresh?: number;
  /** Messages between two transmissions of all templates over UDP. Default: 1,000. */
  refreshMessages?: number;
  /** Milliseconds for which a record waits for others to share its message. Default: 1,000. */
  delay?: number;
  /** Bytes of messages that wait for the network, or for the collector to come back. Further ones are dropped. Default: 16 MiB. */
  backlog?: number;
}

const RULES: OptionRules<IpfixOptions> = {
  transport: oneOf(['udp', 'tcp']),
  host: text,
  port: whole(65_535, 1),
  domain: whole(2 ** 32 - 1, 1),
  mtu: whole(65_507, 512),
  records: oneOf(RECORDS),
  refresh: whole(86_400, 1),
  refreshMessages: whole(1_000_000, 1),
  delay: whole(60_000),
  backlog: whole(2 ** 30, 65_536),
};

/** Returns options with every default. @throws OptionsError */
export function ipfixOptions(options: IpfixOptions): Required<IpfixOptions> {
  checkOptions('IpfixExporter', options, RULES);
  return {
    port: IPFIX_PORT,
    domain: 1,
    mtu: 1400,
    records: 'all',
    refresh: 60,
    refreshMessages: 1000,
    delay: 1000,
    backlog: 16 * 1024 * 1024,
    ...options,
  };
}

/**
 * Parses the URL of a collector: `udp://host:port` or `tcp://host:port`, with options of {@link IpfixOptions} as parameters.
 *
 * @example
 * ```ts
 * import { parseIpfixUrl } from '@conntrack/history';
 *
 * const options = parseIpfixUrl('udp://[2001:db8::9]:4739?domain=7&records=nat');
 * ```
 *
 * @throws OptionsError, which says what is wrong with the URL
 */
export function parseIpfixUrl(url: string): IpfixOptions {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const transport = parsed?.protocol.slice(0, -1);
  if (parsed === undefined || (transport !== 'udp' && transport !== 'tcp') || parsed.hostname === '')
    throw new OptionsError(`'${url}' is not the URL of an IPFIX collector. Example: udp://192.0.2.9:4739`);
  if (parsed.username !== '' || !['', '/'].includes(parsed.pathname) || parsed.hash !== '')
    throw new OptionsError(
      `'${url}' has parts that an IPFIX collector does not have. Example: udp://192.0.2.9:4739?domain=7`,
    );
  const options: Record<string, unknown> = {
    transport,
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    ...(parsed.port !== '' && { port: Number(parsed.port) }),
  };
  for (const [name, value] of parsed.searchParams) {
    if (Object.hasOwn(options, name)) throw new OptionsError(`'${url}' gives ${name} twice`);
    options[name] = /^\d+$/.test(value) ? Number(value) : value;
  }
  checkOptions(`'${url}'`, options, RULES);
  return options as unknown as IpfixOptions;
}
