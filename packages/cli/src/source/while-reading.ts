/**
 * Starts to read, and prepares something meanwhile: the kernel walks its table for some milliseconds before the first entries come.
 * Returns what is read, which must then be iterated, and what was prepared. If the preparation fails, reading ends.
 */
export async function whileReading<Item, Prepared>(
  items: AsyncGenerator<Item>,
  prepare: () => Promise<Prepared>,
): Promise<[items: AsyncGenerator<Item>, prepared: Prepared]> {
  const first = items.next();
  // A failure is thrown where the items are iterated.
  first.catch(() => {});
  try {
    // The request is sent in this turn of the event loop.
    await new Promise(setImmediate);
    return [continued(items, first), await prepare()];
  } catch (error) {
    await items.return(undefined);
    throw error;
  }
}

async function* continued<Item>(
  items: AsyncGenerator<Item>,
  first: Promise<IteratorResult<Item>>,
): AsyncGenerator<Item> {
  try {
    const step = await first;
    if (step.done === true) return;
    yield step.value;
    yield* items;
  } finally {
    await items.return(undefined);
  }
}
