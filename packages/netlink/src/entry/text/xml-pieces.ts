import { piece } from './piece.js';
import { PRINTED } from './protocol-pieces.js';

// What stands between the values of a tuple in `conntrack -L -o xml`.
export const DST = piece('</src><dst>');
export const LAYER4 = PRINTED.map((name, number) =>
  piece(`</dst></layer3><layer4 protonum="${number}" protoname="${name}">`),
);
export const SPORT = piece('<sport>');
export const DPORT = piece('</sport><dport>');
export const PORTS_END = piece('</dport></layer4>');
export const LAYER4_END = piece('</layer4>');
