import type { IndexState } from '@conntrack/flow/table';
import { describe, expect, it } from 'vitest';
import { checkIndex } from '../../src/doctor/checks/index-state.js';

const state: IndexState = {
  state: 'live',
  asOf: '2026-11-30T00:00:00.000Z',
  gaps: 0,
  entries: 10,
  bytes: 1_000_000,
  uncertain: 0,
  events: 5,
  resyncs: 1,
  drift: 0,
};

describe('the check of an index', () => {
  it('is ok for a live index', () => {
    expect(checkIndex(state)).toMatchObject({
      status: 'ok',
      found: 'the index is live: 10 entries in 1 MB, 0 gaps, drift 0',
    });
  });
  it('warns of an index that is off, with the reason', () => {
    expect(checkIndex({ ...state, state: 'off', reason: 'no memory' })).toMatchObject({
      status: 'warn',
      found: 'the index is off: no memory',
    });
  });
  it('warns of drift, even while the index is live', () => {
    expect(checkIndex({ ...state, drift: 2 })).toMatchObject({
      status: 'warn',
      effect: expect.stringMatching(/^2 entries/),
    });
  });
  it('notes that the kernel answers while the index reads the table', () => {
    expect(checkIndex({ ...state, state: 'stale' })).toMatchObject({ status: 'note' });
  });
  it('suggests nf_conntrack_events=1 if entries may end without an event', () => {
    expect(checkIndex({ ...state, uncertain: 3 })).toMatchObject({
      status: 'note',
      fix: 'sysctl -w net.netfilter.nf_conntrack_events=1',
    });
  });
});
