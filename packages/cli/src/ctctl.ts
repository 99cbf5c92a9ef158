#!/usr/bin/env node
// The program as it is started: it loads what the command line needs and nothing else. It becomes one small CommonJS file, which
// Node starts some milliseconds sooner than a module and all that it imports; so do the verbs with all that they need. The server alone is loaded as
// the modules that it is made of.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { identityOf } from './grammar/identity.js';

const version = (): string =>
  (JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { version: string }).version;

function start(): void {
  const [, , ...argv] = process.argv;
  const identity = identityOf(process.argv, process.env, version);
  if (identity !== undefined)
    (
      createRequire(__filename)('@conntrack/conntrack8/process') as typeof import('@conntrack/conntrack8/process')
    ).conntrack8Process(identity);
  else if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) process.stdout.write(`${version()}\n`);
  else if (argv.includes('serve')) void import('./main.js').then(({ main }) => main());
  else void (createRequire(__filename)('./verbs.cjs') as typeof import('./main.js')).main();
}

// A copy of this one file has nothing to load.
if (existsSync(join(__dirname, 'main.js'))) start();
else {
  const name = basename(__filename);
  process.stderr.write(
    `${name}: ${__filename} is a copy of one file of @conntrack/cli; the files that it needs are missing. ` +
      `Make a symbolic link instead of a copy: ln -sf "$(readlink -f "$(command -v ctctl)")" ${__filename}\n`,
  );
  process.exitCode = 1;
}
