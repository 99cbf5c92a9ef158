import { type Flow, protocolOf } from '@conntrack/flow';
import { hasControls } from '@conntrack/flow/text';
import { wordTable } from '../core/word-table.js';

const isExactText = (text: string | undefined): boolean => text === undefined || !hasControls(text);
/** A label's name that looks like a bit would be read back as one. */
const isExactLabel = (label: number | string): boolean =>
  typeof label === 'number' || (isExactText(label) && !/^\d+$/.test(label));

/** Whether a flow's XML says a field exactly as it is. All other fields have no element of their own. */
const SAID = wordTable<(flow: Flow) => boolean>({
  ...Object.fromEntries(
    'family protonum original reply status timeout mark secmark zone use id start stop deltaTime'
      .split(' ')
      .map(name => [name, () => true]),
  ),
  protocol: ({ protocol, protonum }) => protocol === protocolOf(protonum).name,
  state: ({ state }) => isExactText(state),
  labels: ({ labels = [] }) => labels.every(isExactLabel),
  secctx: ({ secctx }) => isExactText(secctx),
  helper: ({ helper }) => isExactText(helper),
  // It is made again out of the id and the tuple.
  key: ({ id }) => id !== undefined,
});

/** The fields of a flow that no element of its XML says, or not exactly; `undefined` where there is none. */
export function restOf(flow: Flow): object | undefined {
  const rest = Object.entries(flow).filter(([name, value]) => value !== undefined && !SAID[name]?.(flow));
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}
