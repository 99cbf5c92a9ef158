// For decoders and encoders, which have addresses as 32-bit words and keys as bytes. Programs use the main entry.
export { MAPPED_WORD, parseIPv6Into } from './address/address.js';
export { prefixMasks } from './address/prefix.js';
export { encodeKeyBytes } from './tuple/key.js';
