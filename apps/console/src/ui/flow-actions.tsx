import type { Flow, FlowChange } from '@conntrack/client';
import { useSignal } from '@preact/signals';
import { useConsole } from './context.js';

/** Sets the mark or the timeout of a flow. */
function ChangeForm({ flow, name, done }: { flow: Flow; name: 'mark' | 'timeout'; done(message: string): void }) {
  const { client, refresh } = useConsole();
  const text = useSignal(String((name === 'mark' ? flow.mark : flow.timeout) ?? ''));
  const send = (event: Event): void => {
    event.preventDefault();
    const value = Number(text.value);
    if (text.value.trim() === '' || !Number.isInteger(value) || value < 0) {
      done(`${name} must be a whole number ≥ 0, got '${text.value}'`);
      return;
    }
    client.value.update(flow, { [name]: value } as FlowChange).then(
      () => {
        done(`${name} is ${value} now`);
        refresh();
      },
      (error: Error) => done(error.message),
    );
  };
  return (
    <form class="inline" onSubmit={send}>
      <label>
        {name}
        <input
          type="text"
          inputMode="numeric"
          size={9}
          value={text.value}
          onInput={event => {
            text.value = event.currentTarget.value;
          }}
        />
      </label>
      <button type="submit">set</button>
    </form>
  );
}

/** What can be done with the flow that is open. What the token may not do is not shown. */
export function FlowActions({ flow }: { flow: Flow }) {
  const { may, kill, client } = useConsole();
  const message = useSignal('');
  const done = (text: string): void => {
    message.value = text;
  };
  if (flow.key === undefined) return null;
  return (
    <div class="actions">
      {may('flows:delete') && (
        <button type="button" class="danger" onClick={() => void kill.flows(client.value, [flow])}>
          delete…
        </button>
      )}
      {may('flows:update') && (
        <>
          <ChangeForm key={`mark ${flow.key}`} flow={flow} name="mark" done={done} />
          <ChangeForm key={`timeout ${flow.key}`} flow={flow} name="timeout" done={done} />
          <output aria-live="polite">{message.value}</output>
        </>
      )}
    </div>
  );
}
