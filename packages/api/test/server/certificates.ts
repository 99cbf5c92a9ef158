import { readFileSync } from 'node:fs';

const file = (name: string): string => readFileSync(new URL(`certificates/${name}`, import.meta.url), 'utf8');

/** Certificate and key of one of the test's parties (certificates/make.sh). */
export const party = (name: 'server' | 'renewed' | 'controller' | 'reader' | 'nobody' | 'stranger') => ({
  cert: file(`${name}.pem`),
  key: file(`${name}.key`),
});
/** The CA of all parties except the stranger. */
export const authority = file('ca.pem');
