import { expect, test } from 'vitest';
import { ConntrackTable, MemorySource } from '../../src/index.js';
import { filter, tcpFlow } from '../flows.js';

/** Answers only its size. */
class SizeSource extends MemorySource {
  override capabilities(): never {
    throw new Error('the capabilities were asked for');
  }
  override scan(): never {
    throw new Error('the entries were read');
  }
}

test('a count of all flows asks the source for its size and nothing else', async () => {
  const table = new ConntrackTable(new SizeSource([tcpFlow(1), tcpFlow(2)]));
  expect(await table.count()).toBe(2);
  expect(await table.view({}).count()).toBe(2);
});

test('a view with a filter counts its own flows alone', async () => {
  const table = new ConntrackTable(new MemorySource([tcpFlow(1), tcpFlow(2)]));
  expect(await table.view({ filter: filter('mark=2') }).count()).toBe(1);
});
