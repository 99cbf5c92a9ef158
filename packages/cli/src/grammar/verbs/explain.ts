import { FILTER_NOTES } from '../notes.js';
import type { Verb } from '../verb.js';

export const explain: Verb = {
  usage: 'explain [filter...]',
  summary: 'Say what a filter matches, what it needs, and which part of it the kernel evaluates',
  group: 'diagnose',
  examples: [
    'ctctl explain proto=tcp dport=80,443',
    "ctctl explain 'bytes > 1M and not private(src)'",
    'ctctl explain mark=0x10/0xf0 -o json',
  ],
  filters: true,
  notes: FILTER_NOTES,
  options: command => command.option('-o, --output <format>', 'text or json', 'text'),
  run: async (context, words, options) => (await import('../../verbs/explain.js')).explain(context, words, options),
};
