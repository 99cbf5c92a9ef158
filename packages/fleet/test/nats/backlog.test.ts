import { expect, test } from 'vitest';
import { Backlog } from '../../src/nats/flows/backlog.js';

const rows = (bytes: number): Uint8Array => new Uint8Array(bytes);

test('a full backlog drops its oldest batch, and counts the rows and the time of the loss once', () => {
  const backlog = new Backlog(100, 40);
  for (let at = 1; at <= 5; at++) backlog.add(rows(30), 3, at * 1_000);
  expect([backlog.bytes, backlog.dropped]).toEqual([90, 6]);
  expect(backlog.loss()).toEqual({ rows: 6, from: 1_000, to: 2_000 });
  expect(backlog.loss()).toBeUndefined();
  expect(backlog.take()).toMatchObject({ bytes: 30, rows: 3, from: 3_000, to: 3_000 });
});

test('small pieces share a batch, and a piece is never divided', () => {
  const backlog = new Backlog(1_000, 40);
  backlog.add(rows(10), 1, 1);
  backlog.add(rows(30), 2, 2);
  expect(backlog.hasFull).toBe(true);
  backlog.add(rows(90), 9, 3);
  expect(backlog.take()).toMatchObject({ bytes: 40, rows: 3, from: 1, to: 2 });
  expect(backlog.take()).toMatchObject({ bytes: 90, rows: 9 });
  expect(backlog.take()).toBeUndefined();
});
