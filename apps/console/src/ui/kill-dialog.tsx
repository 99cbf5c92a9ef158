import { useSignal } from '@preact/signals';
import { countText, endText } from '../model/format.js';
import { type KillState, type Outcome, type Preview, TYPED } from '../model/kill.js';
import { useConsole } from './context.js';
import { Dialog } from './dialog.js';

function Breakdown({ preview }: { preview: Preview }) {
  const rows = Object.entries(preview.breakdown).sort(([, one], [, other]) => other - one);
  return (
    <>
      <ul class="breakdown">
        {rows.map(([name, count]) => (
          <li key={name}>
            <b>{countText(count)}</b> {name}
          </li>
        ))}
        {preview.skips.map(({ reason, count }) => (
          <li key={reason} class="skipped">
            <b>{countText(count)}</b> skipped: {reason}
          </li>
        ))}
      </ul>
      <details open={preview.sample.length <= 10}>
        <summary>
          {preview.sample.length < preview.count
            ? `the first ${preview.sample.length} of ${countText(preview.count)}`
            : 'these flows'}
        </summary>
        <ul class="sample">
          {preview.sample.map(flow => (
            <li key={flow.key}>
              <code>
                {flow.protocol} {endText(flow.original.src, flow.original.sport)} →{' '}
                {endText(flow.original.dst, flow.original.dport)} {flow.state ?? ''}
              </code>
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

function Confirm({ preview, what }: { preview: Preview; what: string }) {
  const { kill, capabilities } = useConsole();
  const typed = useSignal('');
  const { count, refusal } = preview;
  const mustType = count > TYPED;
  const ready =
    refusal === undefined && count > 0 && (!mustType || typed.value.replaceAll(/[ ,.]/g, '') === String(count));
  const submit = (event: Event): void => {
    event.preventDefault();
    if (ready) void kill.execute();
  };
  return (
    <form onSubmit={submit}>
      <p class="lead">
        {count === 0
          ? 'Nothing would be deleted.'
          : `${countText(count)} ${count === 1 ? 'entry' : 'entries'} will be deleted`}
        {count > 0 && <small> ({what})</small>}
      </p>
      {refusal !== undefined && <p class="bad">{refusal}</p>}
      {count > 0 && <Breakdown preview={preview} />}
      {capabilities.value?.tcpLoose && Object.keys(preview.breakdown).some(name => name.startsWith('tcp')) && (
        <p class="warn">
          A TCP connection that continues to send gets a new entry while net.netfilter.nf_conntrack_tcp_loose is 1.
        </p>
      )}
      {mustType && refusal === undefined && (
        <label class="typed">
          Type {countText(count)} to confirm
          <input
            type="text"
            inputMode="numeric"
            autocomplete="off"
            value={typed.value}
            onInput={event => {
              typed.value = event.currentTarget.value;
            }}
          />
        </label>
      )}
      <footer>
        <button type="button" onClick={() => kill.close()}>
          cancel
        </button>
        <button type="submit" class="danger" disabled={!ready}>
          delete {countText(count)}
        </button>
      </footer>
    </form>
  );
}

function Done({ outcome }: { outcome: Outcome }) {
  const { kill } = useConsole();
  const { deleted, gone, failed, skipped, back, warnings, failures } = outcome;
  return (
    <div role="status">
      <p class="lead">{countText(deleted)} deleted</p>
      <ul class="breakdown">
        {gone > 0 && <li>{countText(gone)} had ended or were replaced before</li>}
        {skipped > 0 && <li>{countText(skipped)} skipped</li>}
        {failed > 0 && <li class="bad">{countText(failed)} failed</li>}
        {failures.map(({ reason, count }) => (
          <li key={reason} class="bad">
            {countText(count)}: {reason}
          </li>
        ))}
      </ul>
      {warnings.map(text => (
        <p key={text} class="warn">
          {text}
        </p>
      ))}
      <p>
        {back === undefined
          ? 'Looking again in two seconds…'
          : back === 0
            ? 'Two seconds later, none of them is back.'
            : `Two seconds later, ${countText(back)} of those looked up have an entry again: their connections continue.`}
      </p>
      <footer>
        <button type="button" onClick={() => kill.close()}>
          close
        </button>
      </footer>
    </div>
  );
}

const TITLES: Record<KillState['step'], string> = {
  closed: '',
  planning: 'Delete flows',
  confirm: 'Delete flows?',
  running: 'Deleting',
  done: 'Deleted',
  failed: 'Not deleted',
};

/** Shows what a delete will hit, asks, and shows what it hit. */
export function KillDialog() {
  const { kill, selectNone, refresh } = useConsole();
  const state = kill.state.value;
  if (state.step === 'closed') return null;
  const close = (): void => {
    if (state.step === 'running') return;
    if (state.step === 'done') selectNone();
    kill.close();
    refresh();
  };
  return (
    <Dialog title={TITLES[state.step]} close={close}>
      {state.step === 'planning' && <p role="status">Looking for {state.what}…</p>}
      {state.step === 'confirm' && <Confirm preview={state.preview} what={state.what} />}
      {state.step === 'running' && <p role="status">Deleting {countText(state.preview.count)} entries…</p>}
      {state.step === 'done' && <Done outcome={state.outcome} />}
      {state.step === 'failed' && (
        <>
          <p class="bad" role="alert">
            {state.message}
          </p>
          <footer>
            <button type="button" onClick={close}>
              close
            </button>
          </footer>
        </>
      )}
    </Dialog>
  );
}
