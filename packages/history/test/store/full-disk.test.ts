// A store on a small file system in memory, in a namespace of its own: `unshare -m` needs root.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('./full-disk.child.ts', import.meta.url));
const runs = spawnSync('unshare', ['-m', 'true']).status === 0;

it.skipIf(!runs)('a full disk loses rows, says so, and ends when there is room again', () => {
  const child = ['--import', 'tsx', '--conditions=@conntrack/source', script];
  const command = 'mount -t tmpfs -o size=3m tmpfs /mnt && exec "$@"';
  const { stdout, stderr, status } = spawnSync(
    'unshare',
    ['-m', 'sh', '-c', command, 'sh', process.execPath, ...child],
    {
      encoding: 'utf8',
    },
  );
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  const { failing, recovered, written, dropped, found, gaps, logs } = JSON.parse(stdout) as Record<string, unknown>;
  expect(failing).toMatchObject({ state: 'failing', reason: expect.stringContaining('ENOSPC') });
  expect(recovered).toBe('writing');
  expect(found).toBe(written);
  expect(Number(dropped)).toBeGreaterThan(1000);
  // A small gap can fit where many rows do not. Together, the gaps have every lost row.
  const lost = gaps as { rows: number }[];
  expect(lost.reduce((sum, { rows }) => sum + rows, 0)).toBe(dropped);
  const said = logs as string[];
  expect(said[0]).toMatch(/^the history cannot be written: ENOSPC/);
  expect(said.at(-1)).toBe('the history is written again');
});
