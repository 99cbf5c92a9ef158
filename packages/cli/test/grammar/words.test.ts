import { type BulkResult, TableError } from '@conntrack/table';
import { expect, describe as group, it } from 'vitest';
import { summary } from '../../src/changes/report.js';
import { exitCodeOf } from '../../src/process/exit-codes.js';
import { describe } from '../../src/process/failure.js';
import { Interrupted } from '../../src/process/io.js';

const result = (more: Partial<BulkResult>): BulkResult => ({
  dryRun: false,
  matched: 0,
  changed: 0,
  gone: 0,
  failed: 0,
  skipped: 0,
  skips: [],
  breakdown: {},
  failures: [],
  warnings: [],
  ...more,
});

group('what a bulk change came to', () => {
  it.each([
    [{ matched: 1, changed: 1 }, '1 entry deleted'],
    [
      {
        matched: 10,
        changed: 4,
        gone: 2,
        skipped: 3,
        skips: [
          { reason: 'protected', count: 2 },
          { reason: 'replaced (lower counters)', count: 1 },
        ],
        failed: 1,
      },
      '4 entries deleted, 2 had ended before, 2 protected, 1 replaced (lower counters), 1 failed',
    ],
  ])('%j: %s', (more, words) => expect(summary('deleted', result(more))).toBe(words));
});

group('a failure', () => {
  const coded = (code: string, message: string): Error => Object.assign(new Error(message), { code });

  const unprivileged = (missing: TableError['details']['missing']): TableError =>
    new TableError('NOT_PRIVILEGED', 'not permitted', { ...(missing && { missing }) });

  it('a missing capability is explained with the command line that has it', () => {
    const said = describe(unprivileged('capability'), { verb: 'list', argv: ['list', 'proto=tcp&dport=443', "it's"] });
    expect(said.split('\n')).toEqual([
      'ctctl: cannot list: not permitted',
      "for this command: sudo ctctl list 'proto=tcp&dport=443' 'it'\\''s'",
      `for all programs of this Node.js: sudo setcap cap_net_admin+ep ${process.execPath}`,
    ]);
  });

  it('root without the capability gets no hint about sudo', () => {
    const said = describe(unprivileged('capability'), { verb: 'list', argv: ['list'], root: true });
    expect(said).toContain('--cap-add NET_ADMIN');
    expect(said).not.toContain('sudo');
  });

  it.each(['file', 'rights'] as const)('missing permission (%s) gets no hint about a capability', missing => {
    expect(describe(unprivileged(missing))).toBe('ctctl: not permitted');
  });

  it('too many entries name the limit that would let them through', () => {
    const error = new TableError('TOO_MANY_AFFECTED', 'too many', { matched: 5000 });
    expect(describe(error)).toMatch(/--dry-run.*--max-affected 5000$/);
    expect(describe('odd')).toBe('ctctl: odd');
  });

  it('the exit code of an error comes from one table', () => {
    expect(['FILTER_INVALID', 'KEY_INVALID', 'READ_ONLY'].map(code => exitCodeOf(coded(code, '')))).toEqual([2, 2, 2]);
    expect(['FLOW_NOT_FOUND', 'FLOW_REPLACED'].map(code => exitCodeOf(coded(code, '')))).toEqual([3, 3]);
    expect(['NOT_PRIVILEGED', 'LISTEN_IN_USE', 'x'].map(code => exitCodeOf(coded(code, '')))).toEqual([1, 1, 1]);
    expect((['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map(by => exitCodeOf(new Interrupted(by)))).toEqual([
      130, 143, 129,
    ]);
    expect(exitCodeOf(new Error('stopped: 4 of 10 were changed', { cause: new Interrupted('SIGINT') }))).toBe(130);
    expect(exitCodeOf('odd')).toBe(1);
  });
});
