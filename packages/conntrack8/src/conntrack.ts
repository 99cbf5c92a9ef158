#!/usr/bin/env node
// The entry point of the program. It becomes a small CommonJS file next to the one with everything else, which starts
// some milliseconds faster than modules.
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { commandLetter, load } from './compiled.js';
import { conntrackIdentity } from './identity.js';

const PROGRAM = join(__dirname, 'process.cjs');

// A copy of this file alone has nothing to load.
if (existsSync(PROGRAM))
  (load(PROGRAM, commandLetter(process.argv), process.env, require) as typeof import('./process.js')).conntrack8Process(
    conntrackIdentity(process.env),
  );
else {
  const name = basename(__filename);
  process.stderr.write(
    `${name}: ${__filename} is a copy of one file of @conntrack/conntrack8; the files that it needs are missing. ` +
      `Make a symbolic link instead of a copy: ln -sf "$(readlink -f "$(command -v conntrack)")" ${__filename}\n`,
  );
  process.exitCode = 1;
}
