import type { LabelMap } from '@conntrack/flow';
import { printable } from '@conntrack/flow/text';
import { CTA_LABELS } from '../../wire/uapi.js';
import type { EntryReader } from '../reader.js';

/** Returns the names of the labels that are set, in bit order. Labels without a name are left out. `undefined` if no label is set. */
export function labelNamesOf(entry: EntryReader, map: LabelMap): string[] | undefined {
  const at = entry.locate(CTA_LABELS);
  if (at === 0 || entry.labelCount() <= 0) return undefined;
  const names: string[] = [];
  const bits = (entry.stopOf(CTA_LABELS) - at) * 8;
  for (let label = 0; label < bits; label++) {
    const name = entry.hasLabel(label) ? map.name(label) : undefined;
    if (name !== undefined) names.push(name);
  }
  return names;
}

/** Returns ` labels=one,two`, or only ` labels` if none of the labels has a name. */
export function labelText(entry: EntryReader, map: LabelMap): string {
  const names = labelNamesOf(entry, map);
  if (names === undefined) return '';
  return names.length === 0 ? ' labels' : ` labels=${printable(names.join(','))}`;
}
