#!/usr/bin/env node
// The program as it is started: it loads what the command line needs and nothing else. It becomes one small CommonJS file, which
// Node starts some milliseconds sooner than a module and all that it imports.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from './compiled.js';
import { identityOf } from './conntrack8/identity.js';

const version = (): string =>
  (JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { version: string }).version;

const [, , ...argv] = process.argv;
const identity = identityOf(process.argv, process.env, version);
if (identity !== undefined)
  (load(join(__dirname, 'conntrack8.cjs')) as typeof import('./conntrack8/process.js')).conntrack8Process(identity);
else if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) process.stdout.write(`${version()}\n`);
else import('./main.js');
