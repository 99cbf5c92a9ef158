import { library } from '../../tsup.base.js';

export default library({
  entry: {
    index: 'src/index.ts',
    options: 'src/options.ts',
    tokens: 'src/tokens.ts',
  },
  // Node opens all files of an import at once, and zod's are a hundred: with them the server would not start where only 64 files may be open.
  noExternal: ['zod', /^zod\//, '@hono/zod-openapi', '@hono/zod-validator', /^@asteasolutions\//, /^openapi3-ts/],
});
