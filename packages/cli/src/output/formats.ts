import { readFile } from 'node:fs/promises';
import { type Flow, LabelMap } from '@conntrack/flow';
import { UsageError } from '../usage-error.js';

/** How flows are written: what stands before, between and after them. A line ends itself, so that a list that breaks off ends with a whole one. */
export interface OutputFormat {
  readonly head: string;
  readonly separator: string;
  /** Behind the last flow, if there was one; `empty` where there was none. */
  readonly tail: string;
  readonly empty: string;
  /** One flow, with its line end where it has one. */
  line(flow: Flow): string;
}

/** What `-o` can say of conntrack(8)'s line; they can be combined with commas. */
const LINE_OPTIONS = ['text', 'extended', 'id', 'ktimestamp', 'labels'] as const;
/** The formats that stand alone. */
const WHOLE_FORMATS = ['json', 'ndjson', 'save', 'xml'] as const;

/** All that `-o` takes, for help and errors. */
const OUTPUT_NAMES: readonly string[] = [...LINE_OPTIONS, ...WHOLE_FORMATS];

const lines = (format: (flow: Flow) => string): OutputFormat => ({
  head: '',
  separator: '',
  tail: '',
  empty: '',
  line: flow => `${format(flow)}\n`,
});

/** Names of labels, where the machine has any. */
const labelMap = async (): Promise<LabelMap | true> =>
  readFile('/etc/xtables/connlabel.conf', 'utf8').then(
    text => new LabelMap(text),
    () => true as const,
  );

/** The format of a `-o` argument: `extended,id`, `json`. @throws UsageError */
export async function outputFormat(text: string): Promise<OutputFormat> {
  const names = text.toLowerCase().split(',');
  for (const name of names)
    if (!OUTPUT_NAMES.includes(name))
      throw new UsageError(`--output: '${name}' is no format; they are ${OUTPUT_NAMES.join(', ')}`);
  const whole = names.find(name => (WHOLE_FORMATS as readonly string[]).includes(name));
  if (whole !== undefined && names.length > 1) throw new UsageError(`--output: '${whole}' stands alone`);
  if (whole === 'json') return { head: '[\n', separator: ',\n', tail: '\n]\n', empty: '[]\n', line: JSON.stringify };
  if (whole === 'ndjson') return lines(JSON.stringify);
  const { formatFlow, XML_FOOTER, XML_HEADER } = await import('@conntrack/parser/format');
  if (whole === 'save') return lines(flow => formatFlow(flow, { format: 'save' }));
  if (whole === 'xml') {
    const head = `${XML_HEADER}\n`;
    const tail = `${XML_FOOTER}\n`;
    return { ...lines(flow => formatFlow(flow, { format: 'xml', xmlStates: 'own' })), head, tail, empty: head + tail };
  }
  const options = {
    format: 'conntrack' as const,
    extended: names.includes('extended'),
    id: names.includes('id'),
    ktimestamp: names.includes('ktimestamp'),
    labels: names.includes('labels') && (await labelMap()),
    now: Date.now(),
  };
  return lines(flow => formatFlow(flow, options));
}
