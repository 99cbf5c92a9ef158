import { describeFlow } from '../../output/block.js';
import type { FlowRow } from '../data/snapshot.js';
import { type Line, span } from './text.js';
import { short } from './units.js';

/** All fields of a flow. */
export function detailLines({ flow, rate, packetRate }: FlowRow): Line[] {
  const { head, rows } = describeFlow(flow, true);
  const all: (readonly [name: string, text: string])[] = [
    ['rate', rate < 0 ? 'unknown' : `${short(rate)} bytes/s, ${short(packetRate)} packets/s`],
    ...rows,
  ];
  const width = Math.max(...all.map(([name]) => name.length)) + 2;
  return [
    [span(` ${head}`, 'bold')],
    ...all.map(([name, text]): Line => [span(`  ${name.padEnd(width)}`, 'cyan'), span(text)]),
  ];
}
