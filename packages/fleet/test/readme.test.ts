import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Without the part about NATS, whose example needs a broker. */
const readme = readFileSync(`${root}README.md`, 'utf8').split('\n## NATS\n')[0]!;
const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);

test('the example of the README prints the names of the nodes', context => {
  expect(examples).toHaveLength(1);
  // Inside the package, so that its own name resolves.
  mkdirSync(`${root}.vitest`, { recursive: true });
  const file = `${root}.vitest/readme.mts`;
  writeFileSync(file, examples[0]!);
  context.onTestFinished(() => rmSync(file));
  const node = ['--conditions=@conntrack/source', '--import', 'tsx', file];
  const { status, stdout, stderr } = spawnSync(process.execPath, node, { cwd: root, encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "[ 'gw-1', 'gw-2' ]\n", stderr: '' });
});
