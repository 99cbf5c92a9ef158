import type { Expectation } from '../flow/expectation.js';

/** An expectation with the handle that finds it again. */
export type KeyedExpectation = Expectation & { key?: string };
