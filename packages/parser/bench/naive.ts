import type { Flow, FlowTuple } from '@conntrack/flow';

// A straightforward parser for comparison: splits a line at its spaces and matches each token with a regular expression.

const pair = /^([\w-]+)=(.*)$/;
const numbers = new Set(['sport', 'dport', 'type', 'code', 'packets', 'bytes']);

/** Parses a line of /proc/net/nf_conntrack. */
export function naiveLine(line: string): Flow {
  const [layer3, , protocol, protonum, ...tokens] = line.split(/\s+/);
  const tuples: Partial<FlowTuple>[] = [{}, {}];
  const flow: Partial<Flow> = {
    family: layer3 as 'ipv4' | 'ipv6',
    protocol: protocol!,
    protonum: Number(protonum),
  };
  const flags: string[] = [];
  let direction = -1;
  for (const token of tokens) {
    const match = pair.exec(token);
    if (match === null) {
      if (/^\d+$/.test(token)) flow.timeout = Number(token);
      else if (/^\[\w+\]$/.test(token)) flags.push(token.slice(1, -1));
      else flow.state = token;
      continue;
    }
    const [, key, value] = match as unknown as [string, string, string];
    if (key === 'src') direction++;
    const tuple = tuples[direction];
    if (tuple !== undefined && (key === 'src' || key === 'dst')) tuple[key] = value;
    else if (
      tuple !== undefined &&
      (numbers.has(key) || (key === 'id' && tuple.id === undefined && tuple.code !== undefined))
    )
      tuple[key as 'sport'] = Number(value);
    else flow[key as 'mark'] = Number(value);
  }
  return {
    ...(flow as Flow),
    original: tuples[0] as FlowTuple,
    reply: tuples[1] as FlowTuple,
    status: [
      ...(flags.includes('UNREPLIED') ? [] : ['SEEN_REPLY' as const]),
      ...(flags.includes('ASSURED') ? ['ASSURED' as const] : []),
    ],
  };
}

/** Yields the flows of a text one by one. */
export function* naiveText(text: string): Generator<Flow> {
  for (const line of text.split('\n')) if (line !== '') yield naiveLine(line);
}
