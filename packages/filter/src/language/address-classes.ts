import type { AddressClass } from './ast.js';

/** Well-known ranges by name: RFC 1918 and 4193; RFC 1122 and 4291; RFC 3927 and 4291; RFC 1112 and 4291; RFC 6598. */
export const ADDRESS_CLASSES: Readonly<Record<AddressClass, readonly string[]>> = {
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
  loopback: ['127.0.0.0/8', '::1/128'],
  'link-local': ['169.254.0.0/16', 'fe80::/10'],
  multicast: ['224.0.0.0/4', 'ff00::/8'],
  shared: ['100.64.0.0/10'],
};

/** The class of a name, case-insensitive. */
export const findClass = (text: string): AddressClass | undefined => {
  // Most items of a long list are addresses, and no class name begins with a digit.
  if (text.charCodeAt(0) <= 0x39) return undefined;
  const lower = text.toLowerCase();
  return Object.hasOwn(ADDRESS_CLASSES, lower) ? (lower as AddressClass) : undefined;
};
