import { LabError } from '../error.js';

const PATIENCE = 10_000;

/** Returns the promise's result; throws a LabError if it takes longer than ten seconds. In the lab an answer takes less than a millisecond. */
export async function within<T>(promise: Promise<T>, step: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LabError(step, undefined, `no answer within ${PATIENCE / 1000} s`)), PATIENCE);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
