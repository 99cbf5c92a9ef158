import type { Address } from '@conntrack/flow';
import { ipv4, parseIPv6Into } from '@conntrack/flow/codec';
import { ParameterError } from '../errors.js';
import { decimal, unsigned } from './numbers.js';

/**
 * Parses an IPv4 address like inet_aton(3): one to four parts in any base; the last part fills the remaining bytes.
 * Returns −1 for invalid text.
 */
function inetAton(text: string): number {
  const parts = text.replace(/\s.*$/s, '').split('.');
  if (parts.length > 4 || /^\s/.test(text)) return -1;
  let word = 0;
  for (const [i, part] of parts.entries()) {
    const value = unsigned(part);
    const last = i === parts.length - 1;
    if (value < 0 || value > (last ? 256 ** (5 - parts.length) - 1 : 255)) return -1;
    word += last ? value : value * 256 ** (3 - i);
  }
  return word;
}

/** Parses an address. Host names are not supported. @throws ParameterError */
export function address(text: string): Address {
  const v4 = inetAton(text);
  if (v4 >= 0) return ipv4(v4);
  const words: [number, number, number, number] = [0, 0, 0, 0];
  if (parseIPv6Into(words, 0, text)) return { family: 'ipv6', words };
  throw new ParameterError(`Invalid IP address \`${text}'`);
}

const maskWord = (bits: number): number =>
  bits <= 0 ? 0 : bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0;

/** Parses an address with an optional prefix length. The mask is absent for a single address. @throws ParameterError */
export function network(text: string): { address: Address; mask?: Address } {
  const slash = text.indexOf('/');
  if (slash < 0) return { address: address(text) };
  const it = address(text.slice(0, slash));
  const length = text.slice(slash + 1);
  const size = it.family === 'ipv4' ? 32 : 128;
  // conntrack(8) treats an empty length as 0, which matches everything.
  if (!/^\d{1,3}$/.test(length) || Number(length) > size) throw new ParameterError('Invalid netmask');
  const bits = Number(length);
  if (bits === size) return { address: it };
  const words =
    it.family === 'ipv4'
      ? ([0, 0, 0xffff, maskWord(bits)] as const)
      : ([maskWord(bits), maskWord(bits - 32), maskWord(bits - 64), maskWord(bits - 96)] as const);
  return { address: it, mask: { family: it.family, words } };
}

/**
 * Parses the argument of `-n`, `-g` and `-j`: an address, optionally followed by a colon and a port. IPv6 needs
 * brackets before a port.
 *
 * @throws ParameterError
 */
export function natAddress(text: string): { address: Address; port?: number } {
  let host = text;
  let port: string | undefined;
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    if (end < 0) throw new ParameterError("No closing ']' around IPv6 address");
    if (end === 1) throw new ParameterError('No IPv6 address specified');
    const behind = text.slice(end + 1);
    // Brackets are only valid before a port.
    if (!behind.startsWith(':')) throw new ParameterError(`Invalid IP address \`${text}'`);
    host = text.slice(1, end);
    port = behind.slice(1);
  } else if (text.indexOf(':') === text.lastIndexOf(':') && text.includes(':')) {
    host = text.slice(0, text.indexOf(':'));
    port = text.slice(text.indexOf(':') + 1);
  }
  if (port === '') throw new ParameterError("No port specified after `:'");
  const number = port === undefined ? undefined : decimal(port, 'port', 0xffff);
  const it = address(host);
  return number === undefined ? { address: it } : { address: it, port: number };
}
