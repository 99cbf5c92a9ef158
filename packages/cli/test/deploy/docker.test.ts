import { validate } from 'dockerfile-utils';
import { expect, it } from 'vitest';
import { ctctl } from '../ctctl.js';
import { textOf } from './files.js';

const text = textOf('docker/Dockerfile');

it('the Dockerfile has no fault that a linter finds', () => {
  expect(validate(text).map(({ message }) => message)).toEqual([]);
  expect(validate('FROM debian\nRUNN x\n')).not.toEqual([]);
});

it('the image runs as nobody in particular, with the program’s one capability', () => {
  const argumentsOf = (keyword: string): string[] =>
    [...text.matchAll(new RegExp(`^${keyword} (.*)$`, 'gm'))].map(([, rest]) => rest!);
  expect(argumentsOf('FROM')).toHaveLength(2);
  expect(argumentsOf('USER')).toEqual(['65532:65532']);
  expect(text).toContain('setcap cap_net_admin+ep /app/node');
  expect(argumentsOf('ENTRYPOINT')[0]).toContain('/app/node');
  // A Node that is maintained: 20 ended in April 2026.
  expect(argumentsOf('FROM')[0]).toMatch(/^node:(22|24)-/);
});

it('the health check asks with the settings that the server has', async () => {
  const health = JSON.parse(/^HEALTHCHECK .*\\\n +CMD (.*)$/m.exec(text)![1]!) as string[];
  const [, file] = /^ENV CTCTL_CONFIG=(.*)$/m.exec(text)!;
  expect(health.slice(2)).toEqual(['serve', '--probe']);
  // The variable names the file for both.
  for (const argv of [health.slice(2), JSON.parse(/^CMD (.*)$/m.exec(text)![1]!) as string[]]) {
    const { code, stderr } = await ctctl(argv, { env: { CTCTL_CONFIG: `/nowhere${file}` } });
    expect([code, stderr]).toEqual([2, expect.stringContaining(`/nowhere${file}: cannot read this file`)]);
  }
});
