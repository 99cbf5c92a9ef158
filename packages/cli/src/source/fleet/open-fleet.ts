import { Fleet, type Inventory, missingText, openFleetFile } from '@conntrack/fleet';
import { integer } from '../../options/values/numbers.js';
import { EXIT } from '../../process/exit-codes.js';
import { type Io, say } from '../../process/io.js';
import { UsageError } from '../../process/usage-error.js';
import type { FleetArguments } from './options.js';

/** Opens the inventory of a fleet. @throws FleetError */
export const openInventory = ({ fleetFile }: FleetArguments): Promise<Inventory> => openFleetFile(fleetFile!);

function milliseconds(text: string): number {
  const seconds = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && seconds > 0) return Math.ceil(seconds * 1000);
  throw new UsageError(`--deadline: must be a number of seconds > 0, got '${text}'`);
}

const allowed = ({ allowMissing }: FleetArguments): number =>
  allowMissing === undefined ? 0 : integer(allowMissing, '--allow-missing');

/** Opens the fleet of a command. @throws FleetError, UsageError */
export async function openFleet(options: FleetArguments): Promise<Fleet> {
  const { tag, deadline, first, maxPerNode } = options;
  return new Fleet({
    inventory: await openInventory(options),
    allowMissing: allowed(options),
    ...(tag && { tags: tag }),
    ...(deadline !== undefined && { deadline: milliseconds(deadline) }),
    ...(first !== undefined && { first: integer(first, '--first') }),
    ...(maxPerNode !== undefined && { maxPerNode: integer(maxPerNode, '--max-per-node') }),
  });
}

/**
 * Runs a command on a fleet. Afterwards the nodes without an answer are named. The exit code is then 4, unless `--allow-missing` permits the number.
 */
export async function withFleet<T>(io: Io, options: FleetArguments, use: (fleet: Fleet) => Promise<T>): Promise<T> {
  const fleet = await openFleet(options);
  try {
    const result = await use(fleet);
    const meta = fleet.meta();
    const missing = meta.asked - meta.answered;
    if (missing > 0) say(io, `${meta.answered} of ${meta.asked} hosts answered: ${missingText(meta)}`);
    return missing > allowed(options) && result === EXIT.ok ? (EXIT.incomplete as T) : result;
  } finally {
    fleet.close();
  }
}
