/**
 * The verbs of `ctctl`, in the order of the help. They have a file of their own, because the launcher needs the names and
 * nothing else; the compiler checks that each has a definition in `verbs/`.
 */
export const VERBS = [
  'list',
  'get',
  'lookup',
  'count',
  'top',
  'create',
  'update',
  'delete',
  'drain',
  'reconcile',
  'flush',
  'watch',
  'explain',
  'fields',
  'stats',
  'doctor',
  'snapshot',
  'restore',
  'convert',
  'history',
  'serve',
  'fleet',
  'token',
  'config',
  'completion',
] as const;

/**
 * The verbs whose start takes part of the time that people and scripts notice. Their program contains only what they need for the kernel's
 * table, so that less code is read at each start; see `tsup.config.ts`.
 */
export const PLAIN: readonly VerbName[] = ['list', 'get', 'lookup', 'count'];

/** A verb of `ctctl`. */
export type VerbName = (typeof VERBS)[number];

/** The first word of the command line with which completion scripts ask. It is not shown. */
export const COMPLETE = '__complete';

/** Whether a word is a verb of `ctctl`. */
export const isVerb = (word: string | undefined): word is VerbName => (VERBS as readonly unknown[]).includes(word);
