/** The results that each program gets with its generated client. */
export interface Findings {
  /** The destination ports of TCP flows, selected by `proto` and an operator of `dport`. */
  readonly ports: readonly (number | undefined)[];
  /** The flow that the key of a new flow leads to. */
  readonly created: { readonly src: string; readonly mark: number | undefined };
  /** The number of flows that a plan would delete. */
  readonly planned: number;
  /** The number of flows that a delete with a filter deleted. */
  readonly deleted: number;
  /** Status and code of a look-up of the deleted flow. */
  readonly missing: readonly [number, string];
  /** The NDJSON lines of the stream. */
  readonly lines: readonly string[];
  /** The first bytes of the event stream. */
  readonly events: string;
}

/** The server that a program uses. */
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

/** Asserts that a value exists. */
export function defined<T>(value: T | undefined, problem?: unknown): T {
  if (value === undefined) throw new Error(`no data: ${JSON.stringify(problem)}`);
  return value;
}

/** The first text of a stream, which is then closed. */
export async function firstText(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}

/** The lines of a text. */
export const linesOf = (text: string): string[] => text.trimEnd().split('\n');
