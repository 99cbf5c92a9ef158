import { packageTests } from '../../vitest.base.js';

export default packageTests({ globalSetup: 'test/packed.ts' });
