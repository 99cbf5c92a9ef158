import { useSignal } from '@preact/signals';
import { useConsole } from './context.js';
import { Dialog } from './dialog.js';

/** Takes a token. It stays in memory, or in this tab if that is asked for. */
export function Login({ close }: { close: (() => void) | undefined }) {
  const { session } = useConsole();
  const token = useSignal('');
  const keep = useSignal(false);
  const message = useSignal(session.refused.value ?? '');
  const caller = session.caller.value;
  const submit = (event: Event): void => {
    event.preventDefault();
    session.login(token.value.trim(), keep.value).then(
      () => {
        if (session.refused.peek() === undefined) close?.();
        message.value = session.refused.peek() ?? '';
      },
      (error: Error) => {
        message.value = error.message;
      },
    );
  };
  const form = (
    <form class="login" onSubmit={submit}>
      {message.value !== '' && (
        <p class="warn" role="alert">
          {message.value}
        </p>
      )}
      {caller !== undefined && (
        <p>
          You are <b>{caller.name}</b> and may: {caller.scopes.join(', ')}.
          {caller.filter !== undefined && (
            <>
              {' '}
              Only flows that match <code>{caller.filter}</code>.
            </>
          )}
        </p>
      )}
      <label>
        token
        <input
          type="password"
          autocomplete="off"
          value={token.value}
          onInput={event => {
            token.value = event.currentTarget.value;
          }}
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={keep.value}
          onChange={event => {
            keep.value = event.currentTarget.checked;
          }}
        />
        keep it until this tab is closed (default: until the page is reloaded)
      </label>
      <footer>
        {session.token.value !== undefined && (
          <button type="button" onClick={() => void session.logout()}>
            forget the token
          </button>
        )}
        <button type="submit" disabled={token.value.trim() === ''}>
          use it
        </button>
      </footer>
      <p>
        <small>
          The server prints an admin token when it starts without configured tokens. <code>ctctl token create</code>{' '}
          makes others.
        </small>
      </p>
    </form>
  );
  if (close !== undefined)
    return (
      <Dialog title="Token" close={close}>
        {form}
      </Dialog>
    );
  return (
    <main class="front">
      <h1>conntrack</h1>
      {form}
    </main>
  );
}
