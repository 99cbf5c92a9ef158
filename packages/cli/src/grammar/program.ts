import { Command } from 'commander';
import { withBulkOptions } from '../options/bulk.js';
import { checkCommand } from '../options/rules.js';
import { withTupleOptions } from '../options/tuple.js';
import { applyVariables } from '../options/variables.js';
import type { Context } from '../process/context.js';
import { withSettings } from '../serve/settings.js';
import { withSourceOptions } from '../source/source.js';

const FILTER_HELP = `
A filter is a query string, or else an expression:
  ctctl list 'proto=tcp&state=ESTABLISHED'
  ctctl list 'proto == tcp and dport in {80, 443} and not src in 10.0.0.0/8'`;
const EXIT_HELP = `
Exit codes: 0 done · 1 the operation failed · 2 wrong command line, filter or capture · 3 nothing to get, update or delete`;

const FORMATS = 'text, extended, id, ktimestamp, labels (these combine: extended,id), json, ndjson, csv, save, xml';

/** Where a command leaves its exit code. */
export interface Outcome {
  code: number;
}

/** What the verbs are added to. */
interface Grammar {
  readonly root: Command;
  readonly context: Context;
  /** Takes the exit code of the verb that ran. */
  done(code: number): void;
  /** A verb over a table. */
  command(usage: string, summary: string): Command;
}

const formatted = (it: Command, by = 'text'): Command => it.option('-o, --output <format>', FORMATS, by);

/** The grammar of the command line. What a command does is loaded when it is called. */
export function program(context: Context, version: string, outcome: Outcome): Command {
  const root = new Command('ctctl')
    .description('list, get, create, update and delete tracked connections; serve them over HTTP')
    .version(version, '-V, --version')
    .addHelpText('after', FILTER_HELP + EXIT_HELP);
  const done = (code: number): void => {
    outcome.code = code;
  };
  root.hook('preAction', (_, verb) => {
    // The server's options have their variables and their rules where its configuration file is known.
    if (verb.name() === 'serve') return;
    applyVariables(verb, context.io.env);
    checkCommand(verb);
  });
  const grammar: Grammar = {
    root,
    context,
    done,
    command: (usage, summary) => withSourceOptions(root.command(usage).description(summary)),
  };
  addReading(grammar);
  addChanging(grammar);
  addCount(grammar);
  addServer(grammar);
  return root;
}

function addReading({ command, context, done }: Grammar): void {
  formatted(command('list [filter...]', 'the entries that pass a filter, as they come'))
    .option('--sort <fields>', 'order, -field for descending: -bytes,src')
    .option('--limit <count>', 'at most so many (sorted lists: 1000 unless told)')
    .addHelpText('after', FILTER_HELP)
    .action(async (words, options) => done(await (await import('../verbs/list.js')).list(context, words, options)));

  formatted(withTupleOptions(command('get [key]', 'one entry, by its key or by its exact tuple')))
    .option('--reply', 'the tuple is of the reply direction')
    .action(async (key, options) => done(await (await import('../verbs/get.js')).get(context, key, options)));
}

function addChanging({ command, context, done }: Grammar): void {
  formatted(withTupleOptions(command('create', 'make an entry')))
    .option('-r, --reply-src <address>', 'source of the reply direction (the destination unless told)')
    .option('-q, --reply-dst <address>', 'destination of the reply direction (the source unless told)')
    .option('--reply-port-src <port>', 'source port of the reply direction')
    .option('--reply-port-dst <port>', 'destination port of the reply direction')
    .option('-n, --src-nat <address[:port]>', 'NAT of the source')
    .option('-g, --dst-nat <address[:port]>', 'NAT of the destination')
    .option('-t, --timeout <time>', 'until it expires without traffic: seconds, or 90s, 5m, 12h, 2d', '120')
    .option('--state <state>', 'TCP, SCTP or DCCP state')
    .option('-u, --status <bits>', 'status bits: ASSURED,SEEN_REPLY')
    .option('-m, --mark <mark>', 'connection mark')
    .option('-l, --labels <labels>', 'labels: bits, or names of connlabel.conf')
    .option('--helper <name>', 'connection tracking helper')
    .option('--orig-zone <number>', 'zone of the original direction alone')
    .option('--reply-zone <number>', 'zone of the reply direction alone')
    .action(async options => done(await (await import('../verbs/create.js')).create(context, options)));

  withBulkOptions(formatted(command('update <key|filter...>', 'change an entry, or all that pass a filter')))
    .option('-m, --mark <mark[/mask]>', 'new mark: (old & ~mask) ^ mark')
    .option('-t, --timeout <time>', 'until it expires without traffic: seconds, or 90s, 5m, 12h, 2d')
    .option('-u, --status <bits>', 'status bits to set as well')
    .option('-l, --labels <labels>', 'all labels: bits, or names of connlabel.conf')
    .option('--label-add <labels>', 'labels to set')
    .option('--label-del <labels>', 'labels to clear')
    .option('--detach-helper', 'take the helper away')
    .action(async (words, options) => done(await (await import('../verbs/update.js')).update(context, words, options)));

  withBulkOptions(formatted(command('delete [key|filter...]', 'delete an entry, or all that pass a filter'))).action(
    async (words, options) => done(await (await import('../verbs/delete.js')).remove(context, words, options)),
  );

  command('flush', 'empty the table, or its part of a family, zone or mark')
    .option('-y, --yes', 'do not ask')
    .option('-f, --family <family>', 'ipv4 or ipv6 only')
    .option('-w, --zone <number>', 'one zone only')
    .option('-m, --mark <mark[/mask]>', 'one mark only')
    .action(async options => done(await (await import('../verbs/flush.js')).flush(context, options)));
}

function addCount({ command, context, done }: Grammar): void {
  command('count [filter...]', 'how many entries there are, or pass a filter').action(async (words, options) =>
    done(await (await import('../verbs/count.js')).count(context, words, options)),
  );
}

function addServer({ root, command, context, done }: Grammar): void {
  withSettings(command('serve', 'the HTTP API over the table'))
    .option('--config <file>', 'settings in YAML or JSON; $CTCTL_… and flags count before it ($CTCTL_CONFIG)')
    .option('--check-config', 'say whether the settings, and all files that they name, are valid')
    .option('--probe', 'ask the server of these settings whether it answers, for health checks: exit code 0 or 1')
    .option('--token <token>', 'the admin token (default: $CTCTL_TOKEN, or one made for this run)')
    .option('--demo', 'serve private network namespaces with NAT and real traffic')
    .action(async (options, self: Command) => {
      // What nobody said does not count before a file.
      const source = self.getOptionValueSource('source') === 'default' ? undefined : options.source;
      done(await (await import('../verbs/serve.js')).serveTable(context, { ...options, source }));
    });

  root
    .command('token [name]')
    .description('make a token for the HTTP API, and the lines that a server keeps of it')
    .option('--scopes <scopes>', 'what it may do: flows:read,flows:delete … (reading alone unless told)')
    .option('--filter <filter>', 'the flows that it is limited to')
    .option('--expires <time>', 'until when: 90d, or 2027-01-01T00:00:00Z')
    .option('--hash', 'hash the token on standard input instead')
    .action(async (name, options) => done(await (await import('../verbs/token.js')).token(context, name, options)));
}
