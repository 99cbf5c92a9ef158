import type { Command } from 'commander';

/** The options of `--color` and `--no-color`. */
export interface DisplayOptions {
  color?: string | boolean;
}

/** Adds the options for colors to a command. */
export const withDisplayOptions = (command: Command): Command =>
  command
    .option('--color <when>', 'colors: auto (on a terminal, unless $NO_COLOR is set), always or never')
    .option('--no-color', 'no colors, like --color=never');
