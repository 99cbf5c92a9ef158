import { describe, expect, it } from 'vitest';
import { corpusFiles, rewrite } from './corpus.js';

describe.each(['recorded', 'kept'])(
  'corpus/%s: what was printed, read and written again, is the same bytes',
  folder => {
    it.each(corpusFiles(folder))('the corpus file %s is read and written back with the same bytes', (name, text) => {
      expect(rewrite(name, text)).toBe(text);
    });
  },
);
