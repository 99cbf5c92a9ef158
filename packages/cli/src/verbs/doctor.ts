import { printableJson } from '@conntrack/flow/text';
import { findingsText } from '../diagnose/findings.js';
import { isJson } from '../options/format.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { type SourceOptions, withTable } from '../source/source.js';
import type { DisplayOptions } from '../terminal/options.js';
import { terminalOf } from '../terminal/terminal.js';

interface DoctorArguments extends SourceOptions, DisplayOptions {
  output?: string;
  all?: boolean;
}

/** Runs `ctctl doctor`. The exit code is 1 if traffic is lost. */
export async function doctor({ io, output }: Context, options: DoctorArguments): Promise<number> {
  const json = isJson(options.output);
  const terminal = terminalOf(io, options);
  return withTable(io, options, async table => {
    const diagnosis = await table.doctor({ signal: io.signal });
    await output.write(json ? `${printableJson(diagnosis)}\n` : findingsText(diagnosis, terminal, options));
    return diagnosis.findings.some(({ status }) => status === 'loss') ? EXIT.failed : EXIT.ok;
  });
}
