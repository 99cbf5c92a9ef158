import { piece } from './piece.js';
import { PRINTED } from './protocol-pieces.js';

// What stands between the values of a line of `conntrack -L`.
export const LAYER4 = PRINTED.map((name, number) => piece(`${name.padEnd(8)} ${number} `));
export const LAYER3 = [piece('ipv4     2 '), piece('ipv6     10 ')];
export const SRC = piece('src=');
export const DST = piece(' dst=');
export const SPORT = piece(' sport=');
export const DPORT = piece(' dport=');
export const TYPE = piece(' type=');
export const CODE = piece(' code=');
export const ID = piece(' id=');
export const PACKETS = piece(' packets=');
export const BYTES = piece(' bytes=');
export const ASSURED = piece(' [ASSURED]');
export const OFFLOAD = piece(' [OFFLOAD]');
export const HW_OFFLOAD = piece(' [HW_OFFLOAD]');
export const MARK = piece(' mark=');
export const ZONE = piece(' zone=');
export const DELTA = piece(' delta-time=');
export const USE = piece(' use=');
