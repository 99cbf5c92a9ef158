import { FORMATS } from '../../options/format.js';
import type { Verb } from '../verb.js';

export const convert: Verb = {
  usage: 'convert [file]',
  summary: 'Convert entries from any text format to another one, without privileges',
  group: 'keep',
  examples: [
    'ctctl convert support-bundle.txt --to ndjson',
    'ctctl convert table.xml.gz --to save > table.save',
    'ctctl convert - --to csv < dump.txt',
  ],
  options: command =>
    command
      .requiredOption('-o, --to <format>', FORMATS)
      .option('--skip-bad-lines', 'report invalid lines and continue'),
  run: async (context, file, options) => (await import('../../verbs/convert.js')).convert(context, file, options),
};
