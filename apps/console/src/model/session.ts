import { type Caller, ConntrackClient } from '@conntrack/client';
import type { ReadonlySignal } from '@preact/signals';
import { computed, signal } from '@preact/signals';

const STORED = 'conntrack-token';

/** Who uses the console: the token, what it allows, and the client that sends it. */
export interface Session {
  readonly base: string;
  readonly token: ReadonlySignal<string | undefined>;
  readonly caller: ReadonlySignal<Caller | undefined>;
  /** Why nothing can be read: the server wants a token, or rejects the one that it got. */
  readonly refused: ReadonlySignal<string | undefined>;
  /** A client for the server's own table. */
  readonly client: ReadonlySignal<ConntrackClient>;
  /** Whether the caller may do something that needs a scope. */
  may(scope: string): boolean;
  /** Uses another token: only in memory, or for this tab until it is closed. */
  login(token: string, keep: boolean): Promise<void>;
  logout(): Promise<void>;
  /** Asks the server again what the token allows. */
  ask(): Promise<void>;
  /** Reads a text below the server's URL. The token is sent in a header. */
  text(path: string): Promise<string>;
  /** The server has rejected a request: 401 or 403. */
  reject(message: string): void;
}

/** Makes the session of a page. The token never becomes part of a URL. */
export function makeSession(base: string, storage: Storage | undefined): Session {
  const token = signal<string | undefined>(storage?.getItem(STORED) ?? undefined);
  const caller = signal<Caller | undefined>();
  const refused = signal<string | undefined>();
  const client = computed(
    () => new ConntrackClient({ url: base, token: token.value, retry: { maxAttempts: 1 }, timeout: 30_000 }),
  );
  const ask = async (): Promise<void> => {
    try {
      caller.value = await client.peek().whoami();
      refused.value = undefined;
    } catch (error) {
      const { status } = error as { status?: number };
      if (status !== 401 && status !== 403) throw error;
      caller.value = undefined;
      refused.value = token.peek() === undefined ? 'This server requires a token.' : (error as Error).message;
    }
  };
  return {
    base,
    token,
    caller,
    refused,
    client,
    may: scope => caller.value?.scopes.includes(scope) ?? false,
    async login(text, keep) {
      token.value = text;
      if (keep) storage?.setItem(STORED, text);
      else storage?.removeItem(STORED);
      await ask();
    },
    async logout() {
      token.value = undefined;
      storage?.removeItem(STORED);
      await ask();
    },
    ask,
    async text(path) {
      const bearer = token.peek();
      const response = await fetch(
        base + path,
        bearer === undefined ? {} : { headers: { authorization: `Bearer ${bearer}` } },
      );
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      return response.text();
    },
    reject(message) {
      refused.value = message;
    },
  };
}
