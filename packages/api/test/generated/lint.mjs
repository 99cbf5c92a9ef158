// Prints what Spectral says of an OpenAPI document, one finding a line: `node lint.mjs document.json`. Its packages do not load inside vitest.
import { readFileSync } from 'node:fs';
import spectral from '@stoplight/spectral-core';
import { oas } from '@stoplight/spectral-rulesets';

const linter = new spectral.Spectral();
// An installed server has no address of its own to name: it is the operator's.
linter.setRuleset({ extends: [[oas, 'all']], rules: { 'contact-properties': 'off' } });
for (const { code, path, message } of await linter.run(JSON.parse(readFileSync(process.argv[2], 'utf8'))))
  console.log(`${path.join('/')}: ${message} (${code})`);
