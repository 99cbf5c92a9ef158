import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { entriesOf, installed, manifestOf, NAMES } from './install.js';
import { typeErrors } from './types.js';

const folder = installed(NAMES);
afterAll(() => rmSync(folder, { recursive: true }));
const entries = NAMES.flatMap(name => entriesOf(folder, name));

const run = (...command: string[]): string =>
  execFileSync(process.execPath, command, { cwd: folder, encoding: 'utf8' });

// What the package says of itself is about the published form: no entry leads into the sources, which are not in the tarball.
test.each(NAMES)('the manifest of @conntrack/%s contains no source file and no workspace dependency', name => {
  const { exports, dependencies = {}, bin = {} } = manifestOf(folder, name);
  expect(JSON.stringify({ exports, dependencies, bin })).not.toMatch(/@conntrack\/source|\/src\/|workspace:|catalog:/);
});

test.each(entries)('%s loads as a module in Node', entry => {
  const program = `const module = await import('${entry}'); console.log(Object.keys(module).length > 0 || module[Symbol.toStringTag] === 'Module')`;
  expect(run('--input-type=module', '-e', program)).toBe('true\n');
});

test.each([
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])(
  'the types of every entry point compile with module %s, moduleResolution %s, in strict mode, with library checks',
  (module, moduleResolution) => {
    writeFileSync(
      join(folder, 'program.ts'),
      `${entries.map((entry, i) => `import * as m${i} from '${entry}';`).join('\n')}\nexport default [${entries.map((_, i) => `m${i}`)}];\n`,
    );
    expect(typeErrors(folder, ['program.ts'], module, moduleResolution)).toBe('');
  },
);

test('@conntrack/conntrack8/process can be required, as ctctl does', () => {
  const program = `console.log(typeof require('@conntrack/conntrack8/process').conntrack8Process)`;
  expect(run('--input-type=commonjs', '-e', program)).toBe('function\n');
});

test('the installed conntrack runs', () => {
  const command = join(folder, 'node_modules/.bin/conntrack');
  expect(execFileSync(command, ['-V'], { encoding: 'utf8' })).toBe('conntrack v1.4.7 (conntrack-tools)\n');
});

test('the installed ctctl runs', () => {
  const command = join(folder, 'node_modules/@conntrack/cli', manifestOf(folder, 'cli').bin!.ctctl!);
  expect(execFileSync(command, ['count', '--source', 'memory:/dev/null'], { encoding: 'utf8' })).toBe('0\n');
});
