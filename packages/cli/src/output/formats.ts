import { promises } from 'node:fs';
import { LabelMap } from '@conntrack/flow';
import { type EntryFormat, entryFormat } from '@conntrack/netlink/text';
import { type FlowWriter, flowWriter, LOSSES, PRESET_NAMES, type PresetName } from '@conntrack/parser/presets';
import { UsageError } from '../process/usage-error.js';

/** Values of `-o` that extend conntrack(8)'s line. They can be combined with commas. */
const LINE_OPTIONS: readonly string[] = ['text', 'plain', 'extended', 'id', 'ktimestamp', 'labels'];
/** Presets that cannot be combined. */
const WHOLE: readonly string[] = PRESET_NAMES.filter(name => !LINE_OPTIONS.includes(name));

/** All values of `-o`, for help and errors. */
export const OUTPUT_NAMES: readonly string[] = [...LINE_OPTIONS, ...WHOLE];

/** The label names, if the host has any. */
const labelMap = async (): Promise<LabelMap | true> =>
  promises.readFile('/etc/xtables/connlabel.conf', 'utf8').then(
    text => new LabelMap(text),
    () => true as const,
  );

/** What a server is asked for. */
export interface RemoteFormat {
  readonly format: 'plain' | 'extended' | 'csv' | 'xml';
  readonly fields?: readonly string[];
}

/** The presets that a server writes as text. */
const REMOTE: readonly string[] = ['plain', 'extended', 'csv', 'xml'] satisfies RemoteFormat['format'][];

/** Writes flows, and knows what the format lost. */
export interface OutputFormat extends FlowWriter {
  /** Writes a row to the same text without making a flow object. `undefined` if that needs the flow. */
  readonly row?: EntryFormat | undefined;
  /** The format in which a server writes the same text, and its columns. `undefined` if there is none. */
  readonly remote?: RemoteFormat | undefined;
  /**
   * A warning about properties of the written flows that the format cannot express. `undefined` if nothing was lost.
   */
  losses(): string | undefined;
}

/** A save is meant to be loaded again, so the flows' lost properties are counted. */
function countingLosses(writer: FlowWriter): OutputFormat {
  const counts = new Map<string, number>();
  const warned = LOSSES.save.filter(({ renewed }) => !renewed);
  return {
    ...writer,
    line: flow => {
      for (const { what, has } of warned) if (has(flow)) counts.set(what, (counts.get(what) ?? 0) + 1);
      return writer.line(flow);
    },
    losses: () => {
      if (counts.size === 0) return undefined;
      const list = [...counts].map(([what, count]) => `${what} (${count})`).join(', ');
      return `warning: -o save does not contain: ${list}; -o ndjson contains everything`;
    },
  };
}

/**
 * The writer for a value of `-o`: `extended,id`, `json`. `known`: the formats that the command has, for the error.
 *
 * @throws UsageError
 */
export async function outputFormat(text: string, known: readonly string[] = OUTPUT_NAMES): Promise<OutputFormat> {
  const names = text.toLowerCase().split(',');
  for (const name of names)
    if (!OUTPUT_NAMES.includes(name))
      throw new UsageError(`--output: unknown format '${name}'. Formats: ${known.join(', ')}`);
  const whole = names.find(name => WHOLE.includes(name));
  if (whole !== undefined && names.length > 1)
    throw new UsageError(`--output: '${whole}' cannot be combined with other formats`);
  const preset = (whole ?? (names.includes('extended') ? 'extended' : 'plain')) as PresetName;
  const given = {
    id: names.includes('id'),
    ktimestamp: names.includes('ktimestamp'),
    labels: names.includes('labels') && (await labelMap()),
    now: Date.now(),
  };
  const writer = flowWriter(preset, given);
  const isPlain = !given.id && !given.ktimestamp && !given.labels;
  const remote = REMOTE.includes(preset) && isPlain ? { format: preset as RemoteFormat['format'] } : undefined;
  return preset === 'save'
    ? countingLosses(writer)
    : { ...writer, row: entryFormat(preset, given), remote, losses: () => undefined };
}
