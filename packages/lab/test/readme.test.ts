import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { needsLab } from './support.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const examples = [...readFileSync(`${root}README.md`, 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);

needsLab();

test('the example of the README shows the connection that it made', context => {
  if (spawnSync('conntrack', ['--version']).error !== undefined) context.skip('conntrack is not installed');
  expect(examples).toHaveLength(1);
  // Inside the package, so that its own name resolves.
  mkdirSync(`${root}.vitest`, { recursive: true });
  const file = `${root}.vitest/readme.mts`;
  writeFileSync(file, examples[0]!);
  context.onTestFinished(() => rmSync(file));
  const node = ['--conditions=@conntrack/source', '--import', 'tsx', file];
  const { status, stdout, stderr } = spawnSync(process.execPath, node, { cwd: root, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const [, sport] = /sport: (\d+), dport: 443/.exec(stdout)!;
  expect(stdout).toMatch(new RegExp(`^.* tcp +6 .* ESTABLISHED .* sport=${sport} dport=443 `, 's'));
});
