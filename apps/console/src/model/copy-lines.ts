import type { Flow } from '@conntrack/client';
import { tupleFilter } from './flow-facts.js';
import { shellWord } from './format.js';
import type { Session } from './session.js';
import type { CopyLine } from './table.js';

/** The path of a namespace on the server. */
export const pathOfNetns = (netns: string): string => (netns === '.' ? '' : `netns/${encodeURIComponent(netns)}/`);

/** The option of curl that sends the token, which is not printed. */
export const bearerOption = (session: Session): string =>
  session.token.value === undefined ? '' : '-H "Authorization: Bearer $TOKEN" ';

/** The lines of a flow that a server has: as conntrack(8) prints it, and commands that read it again. */
export function copyLines(session: Session, netns: string, flow: Flow): readonly CopyLine[] {
  const { key } = flow;
  const tuple = tupleFilter(flow);
  const place = pathOfNetns(netns);
  const line = async (): Promise<string> => {
    const text = await session.text(`${place}conntrack?format=extended&${tuple}`);
    return text.split('\n').find(each => each.trim() !== '') ?? `${tuple}: this flow has ended`;
  };
  const url = `${session.base}${place}conntrack/${key ?? ''}`;
  return [
    { label: 'line', text: line },
    ...(key === undefined
      ? []
      : [
          { label: 'key', text: key },
          { label: 'curl', text: `curl ${bearerOption(session)}${shellWord(url)}` },
        ]),
    { label: 'ctctl', text: `ctctl list ${shellWord(tuple)}` },
    { label: 'JSON', text: JSON.stringify(flow) },
  ];
}
