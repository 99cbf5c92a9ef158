import type { Command } from 'commander';

/** Adds the options that choose a server to a command. */
export const withServerOptions = (command: Command): Command =>
  command
    .option('--server <address>', 'the table of a server: a URL, or unix:PATH ($CTCTL_SERVER)')
    .option('--token-file <file>', 'the file with the token for the server ($CTCTL_TOKEN_FILE; or $CTCTL_TOKEN)')
    .option('--context <name>', "a server from 'ctctl config', or 'local' ($CTCTL_CONTEXT)");
