/** Bodies larger than this many bytes wait for their turn before they are parsed. */
const LARGE = 16 * 1024;

let last: Promise<void> = Promise.resolve();

/**
 * Lets one large body in a turn of the event loop be parsed, in the order in which they arrived: between two of them everything else is answered.
 * The event loop belongs to the process, so the queue does too.
 */
export async function turnFor(bytes: number): Promise<void> {
  if (bytes <= LARGE) return;
  last = last.then(() => new Promise(resolve => setImmediate(resolve)));
  await last;
}
