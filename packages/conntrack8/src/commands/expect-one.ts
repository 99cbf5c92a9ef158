import type { Tuple } from '@conntrack/flow';
import type { ExpectationRef } from '@conntrack/netlink';
import { formatExpectation } from '@conntrack/parser/expectations';
import type { Request, TupleWords } from '../argv/request.js';
import { partialTuple, wholeTuple } from '../change/whole-tuple.js';
import { type Context, say } from '../context.js';
import { OperationError } from '../errors.js';

const encoder = new TextEncoder();

const tuple = (words: TupleWords, protonum: number): Tuple => wholeTuple(partialTuple(words), protonum);

function refOf({ family, protonum, original, zone }: Request): ExpectationRef {
  if (family === undefined || protonum === undefined) throw new OperationError('Operation failed: invalid parameters');
  return { family, protonum, tuple: tuple(original, protonum), ...(zone && { zone }) };
}

/** `-G expect`: prints the expectation with this tuple. */
export async function getExpectation({ request, conntrack, terminal }: Context): Promise<number> {
  const found = await conntrack.expectations.get(refOf(request));
  if (found === undefined) throw new OperationError('Operation failed: No such file or directory');
  terminal.out(encoder.encode(`${formatExpectation(found, { format: 'expectations' })}\n`));
  return 0;
}

/**
 * `-D expect`: deletes the expectation with this tuple. The message and the exit code 1 are those of conntrack(8),
 * which does not count the deletion.
 */
export async function deleteExpectation(context: Context): Promise<number> {
  const { request, conntrack } = context;
  const ref = refOf(request);
  const found = await conntrack.expectations.get(ref);
  if (found === undefined) throw new OperationError('Operation failed: No such file or directory');
  await conntrack.expectations.delete({ ...ref, ...(found.id !== undefined && { id: found.id }) });
  say(context, '0 expectations have been shown.');
  return 1;
}

/** `-I expect`: creates an expectation of a connection that has a helper. */
export async function createExpectation({ request, conntrack }: Context): Promise<number> {
  const { family, protonum, original, timeout = 0 } = request;
  if (family === undefined || protonum === undefined) throw new OperationError('Operation failed: invalid parameters');
  await conntrack.expectations.create({
    family,
    protonum,
    master: tuple(original, protonum),
    tuple: tuple(request.tuple, protonum),
    mask: tuple(request.mask, protonum),
    timeout,
  });
  return 0;
}
