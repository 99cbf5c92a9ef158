import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CaptureSource } from '../../../src/index.js';

it('the error for a capture without read permission says what to do', async ({ skip }) => {
  skip(process.getuid?.() !== 0, 'needs root, to become another user');
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-'));
  const path = join(folder, 'capture');
  await writeFile(path, '', { mode: 0o600 });
  process.seteuid!(65534);
  try {
    const source = new CaptureSource(path);
    const failure: unknown = await source
      .scan({})
      .next()
      .catch(error => error);
    expect(failure).toMatchObject({ name: 'TableError' });
    expect((failure as Error).message).toMatch(
      /^cannot read .*capture: permission denied\. Run this with sudo, or as a user/,
    );
  } finally {
    process.seteuid!(0);
    await rm(folder, { recursive: true });
  }
});

it('the error for a missing procfs file names the source to use instead', async () => {
  const source = new CaptureSource('/nonexistent/nf_conntrack', { name: 'procfs', absent: 'use the source kernel' });
  await expect(source.check()).rejects.toThrow('cannot read /nonexistent/nf_conntrack: use the source kernel');
});
