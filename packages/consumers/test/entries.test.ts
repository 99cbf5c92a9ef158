import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { entriesOf, installed } from './install.js';

/** Packages that need none but each other: what else npm would fetch is not asked for here. */
const NAMES = ['flow', 'filter', 'parser', 'client', 'netlink', 'lab', 'conntrack8'];

const folder = installed(NAMES);
afterAll(() => rmSync(folder, { recursive: true }));
const entries = NAMES.flatMap(name => entriesOf(folder, name));
const require = createRequire(import.meta.url);

// What the package says of itself is about the published form: no entry leads into the sources, which are not in the tarball.
test.each(NAMES)('the manifest of @conntrack/%s names no source and no package of a workspace', name => {
  const manifest = readFileSync(join(folder, 'node_modules/@conntrack', name, 'package.json'), 'utf8');
  const { exports, dependencies = {}, bin = {} } = JSON.parse(manifest);
  expect(JSON.stringify({ exports, dependencies, bin })).not.toMatch(/@conntrack\/source|\/src\/|workspace:|catalog:/);
});

test.each(entries)('%s loads as a module in Node', entry => {
  const program = `const module = await import('${entry}'); console.log(Object.keys(module).length > 0 || module[Symbol.toStringTag] === 'Module')`;
  expect(
    execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: folder, encoding: 'utf8' }),
  ).toBe('true\n');
});

test.each([
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])(
  'the types of every entry hold under module %s, moduleResolution %s, strict, with libraries checked',
  (module, moduleResolution) => {
    mkdirSync(join(folder, 'node_modules/@types'), { recursive: true });
    const types = join(folder, 'node_modules/@types/node');
    rmSync(types, { force: true });
    symlinkSync(dirname(require.resolve('@types/node/package.json')), types);
    writeFileSync(
      join(folder, 'program.ts'),
      `${entries.map((entry, i) => `import * as m${i} from '${entry}';`).join('\n')}\nexport default [${entries.map((_, i) => `m${i}`)}];\n`,
    );
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          module,
          moduleResolution,
          target: 'es2023',
          lib: ['es2023', 'esnext.disposable'],
          types: ['node'],
          strict: true,
          skipLibCheck: false,
          noEmit: true,
        },
        files: ['program.ts'],
      }),
    );
    const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, '']);
  },
);

test('@conntrack/conntrack8/process can be required, as ctctl does', () => {
  const program = `console.log(typeof require('@conntrack/conntrack8/process').conntrack8Process)`;
  const said = execFileSync(process.execPath, ['--input-type=commonjs', '-e', program], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(said).toBe('function\n');
});

test('the installed conntrack runs', () => {
  const said = execFileSync(join(folder, 'node_modules/.bin/conntrack'), ['-V'], { encoding: 'utf8' });
  expect(said).toBe('conntrack v1.4.7 (conntrack-tools)\n');
});
