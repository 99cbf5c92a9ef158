import { type Flow, FlowObjectCursor, parseAddress } from '@conntrack/flow';
import type { AddressCursor } from '../../src/compile/address-set.js';

/** An untranslated TCP flow of IPv4, with some members replaced. */
export const cursorOf = (members: { [Name in keyof Flow]?: Flow[Name] | undefined } = {}): FlowObjectCursor => {
  const flow: Record<string, unknown> = {
    family: 'ipv4',
    protocol: 'tcp',
    protonum: 6,
    original: { src: '192.0.2.1', dst: '192.0.2.2', sport: 1000, dport: 80 },
    reply: { src: '192.0.2.2', dst: '192.0.2.1', sport: 80, dport: 1000 },
    ...members,
  };
  for (const [name, value] of Object.entries(flow)) if (value === undefined) delete flow[name];
  return new FlowObjectCursor(flow as unknown as Flow);
};

/** A cursor on which every end has the address; `undefined` is an absent one. */
export const addressCursor = (text: string | undefined): AddressCursor => {
  const words = text === undefined ? undefined : parseAddress(text)!.words;
  return { word: (_end, index) => words?.[index] ?? -1 };
};
