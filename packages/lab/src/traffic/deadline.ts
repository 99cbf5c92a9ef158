import { LabError } from '../error.js';

const PATIENCE = 10_000;

/** The promise's result, or a LabError when it takes longer than ten seconds: in the lab an answer takes less than a millisecond. */
export async function within<T>(promise: Promise<T>, step: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new LabError(step, undefined, `nothing came within ${PATIENCE / 1000} s`)),
      PATIENCE,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
