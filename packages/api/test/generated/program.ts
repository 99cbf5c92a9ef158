/** What each program finds out with its generated client. */
export interface Findings {
  /** The destination ports of TCP flows, by `proto` and an operator of `dport`. */
  readonly ports: readonly (number | undefined)[];
  /** What the key of a new flow leads to. */
  readonly created: { readonly src: string; readonly mark: number | undefined };
  /** How many flows a plan would delete. */
  readonly planned: number;
  /** How many flows a delete by a filter deleted. */
  readonly deleted: number;
  /** The status and the code of a look-up of the deleted flow. */
  readonly missing: readonly [number, string];
  /** NDJSON lines of the stream. */
  readonly lines: readonly string[];
  /** The first bytes of the stream of events. */
  readonly events: string;
}

/** The server that a program talks to. */
export interface Server {
  readonly url: string;
  readonly token: string;
}

export const NEW_FLOW = {
  protocol: 'tcp',
  original: { src: '192.0.2.10', dst: '198.51.100.7', sport: 40000, dport: 443 },
  timeout: 600,
  mark: 7,
};

/** A value that must be there. */
export function defined<T>(value: T | undefined, problem?: unknown): T {
  if (value === undefined) throw new Error(`no data: ${JSON.stringify(problem)}`);
  return value;
}

/** The first text of a stream, which is then left. */
export async function firstText(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}

/** The lines of a text. */
export const linesOf = (text: string): string[] => text.trimEnd().split('\n');
