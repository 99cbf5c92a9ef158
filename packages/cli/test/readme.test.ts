import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { SAMPLE } from '../src/sample.js';

const BINARY = fileURLToPath(new URL('../dist/ctctl.cjs', import.meta.url));
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** Every `$ command` in the README's console blocks that works on the sample, with its output. */
const examples = [...readme.matchAll(/^```console\n(.*?)^```$/gms)]
  .flatMap(([, block]) => block!.split(/^\$ /m).slice(1))
  .map(example => {
    const [command, ...output] = example.split('\n');
    return [command!, output.join('\n')] as const;
  })
  .filter(([command]) => command.includes('$SAMPLE'));

it('the README contains examples', () => expect(examples.length).toBeGreaterThan(5));

it.each(examples)("the README's example prints what it shows: %s", (command, output) => {
  const shell = `ctctl() { "${process.execPath}" "${BINARY}" "$@"; }; SAMPLE='${SAMPLE}'; ${command}`;
  const { stdout, stderr } = spawnSync('bash', ['-c', `exec 2>&1; ${shell}`], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toBe(output);
});
