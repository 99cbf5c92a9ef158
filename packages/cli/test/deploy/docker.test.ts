import { validate } from 'dockerfile-utils';
import { expect, it } from 'vitest';
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
});
