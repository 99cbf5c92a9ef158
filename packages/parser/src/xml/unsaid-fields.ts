import { type Flow, protocolOf } from '@conntrack/flow';
import { hasControls } from '@conntrack/flow/text';
import { wordTable } from '../core/word-table.js';

const isExactText = (text: string | undefined): boolean => text === undefined || !hasControls(text);
/** Whether a label is read back unchanged. A label name that looks like a bit would be read back as a bit. */
const isExactLabel = (label: number | string): boolean =>
  typeof label === 'number' || (isExactText(label) && !/^\d+$/.test(label));

/** Whether the XML of a flow has a field exactly as it is. Fields that are not listed have no element. */
const SAID = wordTable<(flow: Flow) => boolean>({
  ...Object.fromEntries(
    [
      'family',
      'protonum',
      'original',
      'reply',
      'status',
      'timeout',
      'mark',
      'secmark',
      'zone',
      'use',
      'id',
      'start',
      'stop',
      'deltaTime',
    ].map(name => [name, () => true]),
  ),
  protocol: ({ protocol, protonum }) => protocol === protocolOf(protonum).name,
  state: ({ state }) => isExactText(state),
  labels: ({ labels = [] }) => labels.every(isExactLabel),
  secctx: ({ secctx }) => isExactText(secctx),
  helper: ({ helper }) => isExactText(helper),
  // The reader makes the key from the id and the tuple.
  key: ({ id }) => id !== undefined,
});

/** Returns the fields of a flow that its XML does not have, or does not have exactly; `undefined` if there are none. */
export function restOf(flow: Flow): object | undefined {
  const rest = Object.entries(flow).filter(([name, value]) => value !== undefined && !SAID[name]?.(flow));
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}
