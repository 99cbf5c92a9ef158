import type { Command } from 'commander';

/** The options that choose a fleet, and how its nodes are asked. */
export interface FleetArguments {
  fleetFile?: string;
  tag?: readonly string[];
  deadline?: string;
  allowMissing?: string;
  first?: string;
  maxPerNode?: string;
}

const listed = (text: string, all: string[] = []): string[] => [...all, text];

/** Adds the options that choose a fleet to a command. */
export const withFleetFile = (command: Command): Command =>
  command
    .option('--fleet-file <file>', 'the tables of the hosts in this file, as one table')
    .option('--deadline <seconds>', 'fleet: seconds within which a host must answer (default: 2)')
    .option(
      '--allow-missing <count>',
      'fleet: number of hosts that may be missing (default: 0, else the exit code is 4)',
    );

/** Adds the options that choose a fleet, and hosts of it, to a command. */
export const withFleetOptions = (command: Command): Command =>
  withFleetFile(command).option('--tag <tag>', 'fleet: only the hosts with this tag; can be repeated', listed);

/** Adds the options for bulk changes of a fleet. */
export const withFleetChangeOptions = (command: Command): Command =>
  command
    .option('--first <count>', 'fleet: change only the first hosts by name, as a canary')
    .option('--max-per-node <count>', 'fleet: change nothing if more entries match on one host');
