import { fixedText, fixedTexts } from './fixed-text.js';
import { PRINTED } from './protocol-names.js';

// The text between the values of a tuple in `conntrack -L -o xml`.
export const DST = fixedText('</src><dst>');
export const layer4 = fixedTexts(
  number => `</dst></layer3><layer4 protonum="${number}" protoname="${PRINTED[number]!}">`,
);
export const SPORT = fixedText('<sport>');
export const DPORT = fixedText('</sport><dport>');
export const PORTS_END = fixedText('</dport></layer4>');
export const LAYER4_END = fixedText('</layer4>');
