import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { privateTable } from './support.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const examples = [...readFileSync(`${root}README.md`, 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);

// Inside the package, so that its own name resolves.
test.for(examples.map((code, i) => [i + 1, code] as const))(
  'example %i of the README runs',
  async ([number, code], context) => {
    const { netns } = privateTable(context);
    const folder = `${root}.vitest/readme`;
    mkdirSync(folder, { recursive: true });
    const file = `${folder}/example-${number}.mts`;
    writeFileSync(file, code);
    context.onTestFinished(() => rmSync(file));
    const node = ['--conditions=@conntrack/source', '--import', 'tsx', file];
    const { status, stderr } = spawnSync(
      'nsenter',
      [`--net=/proc/${process.pid}/fd/${netns}`, process.execPath, ...node],
      {
        cwd: root,
        encoding: 'utf8',
      },
    );
    // The example on watching ends with the reason of its signal.
    if (code.includes('AbortSignal.timeout')) expect(stderr).toContain('TimeoutError');
    else expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  },
);

test('the README’s table of errors lists the codes of the types', () => {
  const listed = [...readFileSync(`${root}README.md`, 'utf8').matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
  const typed = [...readFileSync(`${root}src/wire/error.ts`, 'utf8').matchAll(/^ {2}\| '([A-Z_]+)'/gm)].map(
    ([, code]) => code,
  );
  expect(listed).toEqual(typed);
});
