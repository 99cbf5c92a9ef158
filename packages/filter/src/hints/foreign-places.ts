import { parseAddress } from '@conntrack/flow';

const PORT = /^\d{1,5}$/;
const isPort = (text: string): boolean => PORT.test(text) && Number(text) <= 0xffff;

/** Converts ports to a filter's notation: `443`, and `1024-2048` for `1024:2048`. Returns `undefined` for other text. */
export function portsOf(text: string): string | undefined {
  if (isPort(text)) return text;
  const [, first = '', last = ''] = /^(\d*)[:-](\d*)$/.exec(text) ?? [];
  if (first === '' && last === '') return undefined;
  const [from, to] = [first || '0', last || '65535'];
  return isPort(from) && isPort(to) ? `${from}-${to}` : undefined;
}

/** Converts an address, prefix or range to a filter's notation: `10.1.*.*` becomes `10.1.0.0/16`. */
export function addressOf(text: string): string | undefined {
  const [, head = '', stars = ''] = /^((?:\d{1,3}\.){1,3})(\*(?:\.\*)*)$/.exec(text) ?? [];
  const octets = head.split('.').slice(0, -1);
  if (stars !== '' && octets.length + stars.split('.').length <= 4) {
    const network = [...octets, '0', '0', '0'].slice(0, 4).join('.');
    return parseAddress(network) && `${network}/${octets.length * 8}`;
  }
  const [address = '', rest] = text.split(/[/]|(?<=[\da-f])-/i);
  return parseAddress(address) !== undefined && rest !== '' ? text : undefined;
}

/** Splits an address from the port after it: `192.0.2.1:443`, `[2001:db8::1]:443`. */
export function endpointOf(text: string): { address: string; port: string } | undefined {
  const [, inside, outside, port = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
  const address = inside ?? outside ?? '';
  return parseAddress(address) !== undefined && isPort(port) ? { address, port } : undefined;
}
