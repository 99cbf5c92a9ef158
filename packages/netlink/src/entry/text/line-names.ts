import { fixedText, fixedTexts } from './fixed-text.js';
import { PRINTED } from './protocol-names.js';

// The text between the values of a line of `conntrack -L`.
export const layer4 = fixedTexts(number => `${PRINTED[number]!.padEnd(8)} ${number} `);
export const LAYER3 = [fixedText('ipv4     2 '), fixedText('ipv6     10 ')];
export const SRC = fixedText('src=');
export const DST = fixedText(' dst=');
export const SPORT = fixedText(' sport=');
export const DPORT = fixedText(' dport=');
export const TYPE = fixedText(' type=');
export const CODE = fixedText(' code=');
export const ID = fixedText(' id=');
export const PACKETS = fixedText(' packets=');
export const BYTES = fixedText(' bytes=');
export const ASSURED = fixedText(' [ASSURED]');
export const OFFLOAD = fixedText(' [OFFLOAD]');
export const HW_OFFLOAD = fixedText(' [HW_OFFLOAD]');
export const MARK = fixedText(' mark=');
export const ZONE = fixedText(' zone=');
export const DELTA = fixedText(' delta-time=');
export const USE = fixedText(' use=');
