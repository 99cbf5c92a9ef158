import { invertTuple, type NewFlow, type Tuple } from '@conntrack/flow';
import { type TupleOptions, tupleOf } from '../options/tuple.js';
import { address, natTarget } from '../options/values/addresses.js';
import { labelBits } from '../options/values/labels.js';
import { stateFor, statusList } from '../options/values/names.js';
import { integer, integer16, seconds } from '../options/values/numbers.js';
import { outputFormat } from '../output/formats.js';
import { writeFlow } from '../output/write-flows.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { changing } from '../process/interruption.js';
import { say } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { noteCopy, type SourceOptions, withTable } from '../source/source.js';

interface CreateArguments extends SourceOptions, TupleOptions {
  replySrc?: string;
  replyDst?: string;
  replyPortSrc?: string;
  replyPortDst?: string;
  srcNat?: string;
  dstNat?: string;
  timeout: string;
  state?: string;
  status?: string;
  mark?: string;
  labels?: string;
  helper?: string;
  origZone?: string;
  replyZone?: string;
  output: string;
}

/** Runs `ctctl create --proto … --src … --dst … --timeout …`. */
export async function create({ io, output }: Context, options: CreateArguments): Promise<number> {
  const format = await outputFormat(options.output);
  const flow = await newFlow(options);
  return withTable(
    io,
    options,
    table =>
      changing(io, 'created', async note => {
        const { warnings = [], ...made } = await table.create(flow, { signal: io.signal });
        note('1 entry created');
        await writeFlow({ io, output }, format, made);
        for (const warning of warnings) say(io, `warning: ${warning}`);
        noteCopy(io, table);
        return EXIT.ok;
      }),
    { changes: true },
  );
}

/** The new entry that the options describe. @throws UsageError */
async function newFlow(options: CreateArguments): Promise<NewFlow> {
  const { tuple, family, protonum, zone } = tupleOf(options);
  const original: Tuple =
    options.origZone === undefined ? tuple : { ...tuple, zone: integer16(options.origZone, '--orig-zone') };
  const reply = replyOf(options, tuple, protonum, family);
  const nat = natOf(options, family);
  return {
    family,
    protonum,
    original,
    timeout: seconds(options.timeout, '--timeout'),
    ...(reply !== undefined && { reply }),
    ...(zone !== undefined && { zone }),
    ...(options.state !== undefined && { state: stateFor(protonum, options.state) }),
    ...(options.status !== undefined && { status: statusList(options.status) }),
    ...(options.mark !== undefined && { mark: integer(options.mark, '--mark') }),
    ...(options.labels !== undefined && { labels: await labelBits(options.labels, '--labels') }),
    ...(options.helper !== undefined && { helper: options.helper }),
    ...(nat !== undefined && { nat }),
  };
}

/** The reply tuple, if any part of it was given: the inverse of the original tuple with these parts replaced. */
function replyOf(options: CreateArguments, tuple: Tuple, protonum: number, family: string): Tuple | undefined {
  const { replySrc, replyDst, replyPortSrc, replyPortDst, replyZone } = options;
  if ([replySrc, replyDst, replyPortSrc, replyPortDst, replyZone].every(text => text === undefined)) return undefined;
  const reply = invertTuple(tuple, protonum);
  for (const [text, field, what] of [
    [replySrc, 'src', '--reply-src'],
    [replyDst, 'dst', '--reply-dst'],
  ] as const) {
    if (text === undefined) continue;
    const given = address(text, what);
    if (given.family !== family)
      throw new UsageError(`${what} is an ${given.family} address, but --src is an ${family} address`);
    reply[field] = given.text;
  }
  for (const [text, field, what] of [
    [replyPortSrc, 'sport', '--reply-port-src'],
    [replyPortDst, 'dport', '--reply-port-dst'],
  ] as const) {
    if (text === undefined) continue;
    if (tuple.sport === undefined) throw new UsageError(`${what} requires a protocol with ports`);
    reply[field] = integer16(text, what);
  }
  if (replyZone !== undefined) reply.zone = integer16(replyZone, '--reply-zone');
  return reply;
}

function natOf({ srcNat, dstNat }: CreateArguments, family: string): NewFlow['nat'] {
  if (srcNat === undefined && dstNat === undefined) return undefined;
  const range = (text: string, what: string) => {
    const target = natTarget(text, what);
    if (target.family !== family)
      throw new UsageError(`${what} is an ${target.family} address, but --src is an ${family} address`);
    return target.range;
  };
  return {
    ...(srcNat !== undefined && { src: range(srcNat, '--src-nat') }),
    ...(dstNat !== undefined && { dst: range(dstNat, '--dst-nat') }),
  };
}
