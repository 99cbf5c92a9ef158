import { BlockList, isIP } from 'node:net';
import type { Ctx } from '../context.js';
import type { TrustedProxies } from './listener-rules.js';

/** Removes the prefix of an IPv4-mapped address: a dual-stack socket shows 192.0.2.1 as `::ffff:192.0.2.1`. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '');

/**
 * Parses a list of proxies: addresses, prefixes (`10.0.0.0/8`) and `unix`.
 *
 * @throws TypeError for any other text
 */
export function trustedProxies(texts: readonly string[]): TrustedProxies {
  const addresses = new BlockList();
  for (const text of texts.filter(each => each !== 'unix')) {
    const [address = '', length, more] = text.split('/');
    const version = isIP(address);
    const bits = version === 6 ? 128 : 32;
    const prefix = length === undefined ? bits : Number(length);
    const fits = length === undefined || (/^\d{1,3}$/.test(length) && prefix <= bits);
    if (version === 0 || !fits || more !== undefined)
      throw new TypeError(`'${text}' must be an address, a prefix (10.0.0.0/8) or 'unix'`);
    addresses.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4');
  }
  return { addresses, unix: texts.includes('unix') };
}

const trusts = ({ addresses }: TrustedProxies, address: string): boolean => {
  const version = isIP(address);
  return version !== 0 && addresses.check(address, version === 6 ? 'ipv6' : 'ipv4');
};

/**
 * The address that a request came from; `undefined` over a unix socket. Behind a trusted proxy, it is the last address
 * in `X-Forwarded-For` that does not belong to a trusted proxy: addresses further to the left were written by the
 * client.
 */
export function remoteAddress(c: Ctx): string | undefined {
  const { incoming, listenerRules } = c.env ?? {};
  const peer = incoming?.socket.remoteAddress;
  const address = peer === undefined ? undefined : plain(peer);
  const proxies = listenerRules?.proxies;
  if (proxies === undefined) return address;
  if (address === undefined ? !proxies.unix : !trusts(proxies, address)) return address;
  const forwarded = (c.req.header('x-forwarded-for') ?? '').split(',').map(each => plain(each.trim()));
  for (const each of forwarded.reverse()) {
    if (isIP(each) === 0) break;
    if (!trusts(proxies, each)) return each;
  }
  return address;
}
