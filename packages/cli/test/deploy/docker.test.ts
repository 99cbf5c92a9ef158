import { validate } from 'dockerfile-utils';
import { expect, it } from 'vitest';
import { ctctl } from '../ctctl.js';
import { textOf } from './files.js';

const text = textOf('docker/Dockerfile');

it('a linter finds no fault in the Dockerfile', () => {
  expect(validate(text).map(({ message }) => message)).toEqual([]);
  expect(validate('FROM debian\nRUNN x\n')).not.toEqual([]);
});

it("the image runs as an unprivileged user, and the program's file has its only capability", () => {
  const argumentsOf = (keyword: string): string[] =>
    [...text.matchAll(new RegExp(`^${keyword} (.*)$`, 'gm'))].map(([, rest]) => rest!);
  expect(argumentsOf('FROM')).toHaveLength(2);
  expect(argumentsOf('USER')).toEqual(['65532:65532']);
  expect(text).toContain('setcap cap_net_admin+ep /app/node');
  expect(argumentsOf('ENTRYPOINT')[0]).toContain('/app/node');
  // A maintained version of Node: 20 reached its end of life in April 2026.
  expect(argumentsOf('FROM')[0]).toMatch(/^node:(22|24)-/);
});

it('the health check uses the same settings as the server', async () => {
  const health = JSON.parse(/^HEALTHCHECK .*\\\n +CMD (.*)$/m.exec(text)![1]!) as string[];
  const [, file] = /^ENV CTCTL_CONFIG=(.*)$/m.exec(text)!;
  expect(health.slice(2)).toEqual(['serve', '--probe']);
  // The variable names the file for both.
  for (const argv of [health.slice(2), JSON.parse(/^CMD (.*)$/m.exec(text)![1]!) as string[]]) {
    const { code, stderr } = await ctctl(argv, { env: { CTCTL_CONFIG: `/nowhere${file}` } });
    expect([code, stderr]).toEqual([2, expect.stringContaining(`/nowhere${file}: cannot read this file`)]);
  }
});
