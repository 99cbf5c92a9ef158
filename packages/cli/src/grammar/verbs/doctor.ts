import type { Verb } from '../verb.js';

export const doctor: Verb = {
  usage: 'doctor',
  summary: 'Find problems: lost traffic, limits, settings, and what the kernel cannot do',
  group: 'diagnose',
  examples: ['ctctl doctor', 'ctctl doctor --all', 'ctctl doctor -o json'],
  notes: '\nThe exit code is 1 if traffic is lost, or will be lost with the next connection.',
  table: true,
  options: command =>
    command
      .option('--all', 'show the passed checks, too')
      .option('-o, --output <format>', 'json prints the findings as JSON'),
  run: async (context, options) => (await import('../../verbs/doctor.js')).doctor(context, options),
};
