import { setTimeout } from 'node:timers/promises';
import { type OptionRules, whole } from '@conntrack/flow/checks';
import { TableError } from '@conntrack/flow/table';
import { OPERATION_RULES } from '../option-rules.js';
import { totalOf } from '../read/stats.js';
import type { TableSource } from '../source/source.js';
import type { DoctorOptions } from '../table-options.js';
import type { Examination } from './check.js';
import { movementOf } from './movement.js';
import { surveyOf } from './survey.js';

export const DOCTOR_RULES: OptionRules<DoctorOptions> = { ...OPERATION_RULES, interval: whole() };

const INTERVAL = 1000;

/**
 * Gets everything that the checks need: facts, one look at every entry, and two looks at the counters. The scan runs between the two looks.
 *
 * @throws TableError UNSUPPORTED for tables other than the kernel's
 */
export async function examine(source: TableSource, options: DoctorOptions): Promise<Examination> {
  const { interval = INTERVAL, signal } = options;
  const facts = await source.facts?.(signal);
  if (facts === undefined) throw new TableError('UNSUPPORTED', `${source.info.name} is not the kernel's table`);
  const start = performance.now();
  const survey = await surveyOf(source, signal);
  const { index } = source.indexState === undefined ? {} : await source.capabilities(signal);
  const known = { facts, survey, ...(index && { index }) };
  if (interval === 0 || source.stats === undefined) return known;
  const rest = Math.max(0, interval - (performance.now() - start));
  await setTimeout(rest, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
  const later = totalOf(await source.stats(signal));
  const seconds = Math.round((performance.now() - start) / 100) / 10;
  return { ...known, movement: movementOf(facts.counters, later, seconds) };
}
