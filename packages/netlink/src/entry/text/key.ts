import { keyBytes, writeKeyBytes } from '../flow.js';
import type { EntryReader } from '../reader.js';
import { putBase64 } from './base64.js';
import { fixedText, putFixed } from './fixed-text.js';
import type { Layout } from './layout.js';

const PREFIX = fixedText('ct1.');
/** The form of a key whose zone, if there is one, is that of both directions. */
const PLAIN = 1;

const keyView = new DataView(keyBytes.buffer);

/** Puts the key of any entry that has an id. */
export const putKeyOf = (view: DataView, at: number, entry: EntryReader, id: number): number =>
  putBase64(view, putFixed(view, at, PREFIX), keyBytes, writeKeyBytes(entry, id));

/** Puts the key of an entry that has this layout and an id: the bytes of {@link writeKeyBytes}, from where they are known to stand. */
export function putKey(view: DataView, at: number, layout: Layout, from: DataView): number {
  const { originalIp: ip, originalProto: proto, v4 } = layout;
  keyBytes[0] = PLAIN;
  keyView.setInt16(1, layout.zone === 0 ? 0 : from.getInt16(layout.zone));
  keyBytes[3] = v4 ? 2 : 10;
  keyBytes[4] = layout.protonum;
  let end = 5;
  if (v4) {
    keyView.setInt32(5, from.getInt32(ip + 8));
    keyView.setInt32(9, from.getInt32(ip + 16));
    end = 13;
  } else {
    for (let i = 0; i < 16; i += 4) {
      keyView.setInt32(5 + i, from.getInt32(ip + 8 + i));
      keyView.setInt32(21 + i, from.getInt32(ip + 28 + i));
    }
    end = 37;
  }
  if (layout.ports) {
    keyView.setInt16(end, from.getInt16(proto + 12));
    keyView.setInt16(end + 2, from.getInt16(proto + 20));
  } else {
    keyBytes[end] = from.getUint8(proto + 20);
    keyBytes[end + 1] = from.getUint8(proto + 28);
    keyView.setInt16(end + 2, from.getInt16(proto + 12));
  }
  keyView.setInt32(end + 4, from.getInt32(layout.id));
  return putBase64(view, putFixed(view, at, PREFIX), keyBytes, end + 8);
}
