import { conntrack8 } from './index.js';
import { ReaderGone, writeFully } from './output/sink.js';
import type { Identity, Terminal } from './terminal.js';

const encoder = new TextEncoder();

/** Runs conntrack(8) with what the process has. Sets the exit code. */
export async function runConntrack8(identity: Identity): Promise<void> {
  const terminal: Terminal = {
    out: (bytes, length) => writeFully(1, bytes, length),
    err: text => {
      try {
        writeFully(2, encoder.encode(text));
      } catch (error) {
        // Nobody is there to be told.
        if (!(error instanceof ReaderGone || error instanceof Error)) throw error;
      }
    },
    env: process.env,
  };
  process.exitCode = await conntrack8(process.argv.slice(2), identity, terminal);
}
