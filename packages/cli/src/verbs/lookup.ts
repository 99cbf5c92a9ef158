import { parseFilter } from '@conntrack/filter';
import { type Flow, FlowObjectCursor, findProtocol, formatAddress, parseAddress } from '@conntrack/flow';
import { DESTINATION_NAT, isTranslated, SOURCE_NAT } from '@conntrack/flow/codec';
import { integer } from '../options/values/numbers.js';
import { listFormat } from '../output/list-format.js';
import { writeList } from '../output/write-list.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { say } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { noteEmpty } from '../source/empty-note.js';
import { type SourceOptions, withTable } from '../source/source.js';
import type { DisplayOptions } from '../terminal/options.js';

/** The options of `ctctl lookup`. */
export interface LookupArguments extends SourceOptions, DisplayOptions {
  output?: string;
  limit?: string;
}

/** An address, and a port if one is meant. */
interface Place {
  readonly address: string;
  readonly port?: number;
}

/** Parses `203.0.113.7:40123`, `[2001:db8::7]:53` or an address alone. @throws UsageError */
function placeOf(text: string): Place {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const parsed = parseAddress(bracketed ?? plain ?? text);
  const port = digits === undefined ? undefined : Number(digits);
  if (parsed === undefined || (port ?? 0) > 65_535)
    throw new UsageError(
      `lookup: must be an address with a port (203.0.113.7:40123, [2001:db8::7]:53) or an address alone, got '${text}'`,
    );
  return { address: formatAddress(parsed), ...(port !== undefined && { port }) };
}

/** The fields of the four ends of a connection. */
const ENDS = [
  ['src', 'sport'],
  ['dst', 'dport'],
  ['reply.src', 'reply.sport'],
  ['reply.dst', 'reply.dport'],
] as const;

/** The filter for an address and port at any of the four ends. */
function filterFor({ address, port }: Place, protonum: number | undefined) {
  const ends = ENDS.map(([field, portField]) =>
    port === undefined ? `${field} == ${address}` : `(${field} == ${address} and ${portField} == ${port})`,
  );
  const protocol = protonum === undefined ? '' : `proto == ${protonum} and `;
  return parseFilter(`${protocol}(${ends.join(' or ')})`).filter;
}

/** Runs `ctctl lookup ADDRESS[:PORT] [PROTOCOL]`. */
export async function lookup(
  context: Context,
  text: string,
  protocol: string | undefined,
  options: LookupArguments,
): Promise<number> {
  const { io, output } = context;
  const place = placeOf(text);
  const protonum = protocol === undefined ? undefined : findProtocol(protocol)?.number;
  if (protocol !== undefined && protonum === undefined) throw new UsageError(`lookup: unknown protocol '${protocol}'`);
  const format = options.output === undefined ? undefined : await listFormat(io, options.output, undefined, options);
  const which = {
    filter: filterFor(place, protonum),
    signal: io.signal,
    ...(options.limit !== undefined && { limit: integer(options.limit, '--limit') }),
  };
  return withTable(io, options, async table => {
    let found = 0;
    if (format !== undefined) found = await writeList(context, format, table.batches(which));
    else
      for await (const flows of table.batches(which)) {
        found += flows.length;
        await output.write(flows.map(flow => `${sentence(flow, place)}\n`).join(''));
      }
    if (found > 0) return EXIT.ok;
    say(io, `no connection uses ${text}${protocol === undefined ? '' : ` with ${protocol}`}`);
    await noteEmpty(io, table, found);
    return EXIT.nothing;
  });
}

const shown = (address: string, port: number | undefined): string =>
  port === undefined ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`;

/** Says in one line who is at a place in a connection. */
function sentence(flow: Flow, { address, port }: Place): string {
  const { original, reply, protocol, state } = flow;
  const cursor = new FlowObjectCursor(flow);
  const client = shown(original.src, original.sport);
  const target = shown(original.dst, original.dport);
  const how = `(${[protocol, state].filter(part => part !== undefined).join(' ')})`;
  const isAt = (other: string, otherPort: number | undefined): boolean => {
    const [one, two] = [parseAddress(address), parseAddress(other)];
    return formatAddress(one!) === (two && formatAddress(two)) && (port === undefined || port === otherPort);
  };
  const newSource = shown(reply.dst, reply.dport);
  const newTarget = shown(reply.src, reply.sport);
  const source = isTranslated(cursor, SOURCE_NAT);
  const destination = isTranslated(cursor, DESTINATION_NAT);
  const to = destination ? `${target} = ${newTarget}` : target;
  if (source && isAt(reply.dst, reply.dport)) return `${client} is behind ${newSource}, connected to ${to} ${how}`;
  if (destination && isAt(original.dst, original.dport))
    return `${newTarget} is behind ${target}, used by ${client} ${how}`;
  if (destination && isAt(reply.src, reply.sport)) return `${newTarget} is reached as ${target} by ${client} ${how}`;
  if (isAt(original.src, original.sport))
    return `${client} is itself the source${source ? `, seen as ${newSource}` : ''}, connected to ${to} ${how}`;
  return `${target} is itself the destination, used by ${client}${source ? `, seen as ${newSource}` : ''} ${how}`;
}
