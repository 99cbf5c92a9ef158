#!/usr/bin/env node
// The program as it is started: it loads what the command line needs and nothing else. It becomes one small CommonJS file, which
// Node starts some milliseconds sooner than a module and all that it imports.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { load } from './compiled.js';
import { identityOf } from './conntrack8/identity.js';

const CONNTRACK8 = join(__dirname, 'conntrack8.cjs');

const version = (): string =>
  (JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { version: string }).version;

function start(): void {
  const [, , ...argv] = process.argv;
  const identity = identityOf(process.argv, process.env, version);
  if (identity !== undefined)
    (load(CONNTRACK8) as typeof import('./conntrack8/process.js')).conntrack8Process(identity);
  else if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) process.stdout.write(`${version()}\n`);
  else import('./main.js');
}

// A copy of this one file has nothing to load.
if (existsSync(CONNTRACK8)) start();
else {
  const name = basename(__filename);
  process.stderr.write(
    `${name}: ${__filename} is a copy of one file of @conntrack/cli, and the files that it needs are not beside it. ` +
      `Make a symbolic link instead of a copy: ln -sf "$(readlink -f "$(command -v ctctl)")" ${__filename}\n`,
  );
  process.exitCode = 1;
}
