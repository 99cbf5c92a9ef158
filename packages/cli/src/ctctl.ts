#!/usr/bin/env node
// The program as it is started: it loads what the command line needs and nothing else. It becomes one CommonJS file, which Node
// starts some milliseconds sooner than a module and all that it imports.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const [, file = '', ...argv] = process.argv;
const isConntrack = basename(file) === 'conntrack';
if (!isConntrack && argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { version: string };
  process.stdout.write(`${version}\n`);
} else import('./main.js');
