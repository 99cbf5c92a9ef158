import type { Expectation } from '../flow/expectation.js';

/** An expectation with the key that identifies it. */
export type KeyedExpectation = Expectation & { key?: string };
