import { explainFilter } from '@conntrack/filter/explain';
import { REQUIREMENTS } from '@conntrack/filter/requirements';
import { printableJson } from '@conntrack/flow/text';
import { type KernelPlan, planKernel } from '@conntrack/table';
import { filterOf } from '../options/filter-argument.js';
import { isJson } from '../options/format.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';

/** Runs `ctctl explain FILTER…`. No table is read, so no privilege is needed. */
export async function explain(
  { io, output }: Context,
  words: readonly string[],
  { output: format }: { output: string },
): Promise<number> {
  const json = isJson(format);
  const filter = await filterOf(io, words, 'read');
  const explanation = explainFilter(filter);
  const plan = planKernel(filter);
  if (json) {
    await output.write(`${printableJson({ ...explanation, plan })}\n`);
    return EXIT.ok;
  }
  const { text, query, expression, requires } = explanation;
  const rows = [
    ['matches', ...text.split('\n')],
    ['query', query],
    ['expression', expression],
    ...requires.map(need => [
      'needs',
      need + (REQUIREMENTS[need].sysctl ? `: sysctl ${REQUIREMENTS[need].sysctl}=1` : ''),
    ]),
    ['kernel', ...kernelPart(plan)],
  ];
  await output.write(
    rows
      .map(([label, ...lines]) => lines.map((line, i) => `${(i === 0 ? label! : '').padEnd(12)}${line}\n`).join(''))
      .join(''),
  );
  return EXIT.ok;
}

/** Says what the kernel does with a filter. What it does not do is done on the rows that it returns. */
function kernelPart(plan: KernelPlan): string[] {
  if (plan.kind === 'lookup') return [`looks up one tuple instead of reading the table (${plan.why})`];
  const parts = plan.filters.map(filter =>
    Object.entries(filter)
      .flatMap(([name, value]) =>
        typeof value === 'object'
          ? Object.entries(value).map(([part, each]) => `${name}.${part}=${String(each)}`)
          : [`${name}=${String(value)}`],
      )
      .join(' '),
  );
  if (parts.every(part => part === '')) return [`returns every entry, and ctctl compares it (${plan.why})`];
  return [
    `returns only entries with`,
    ...parts.map(part => `  ${part}`),
    'and ctctl compares them with the whole filter',
  ];
}
