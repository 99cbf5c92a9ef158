import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { anonymise } from './anonymise.js';
import { usePlayground } from './context.js';
import { summaryOf } from './read-capture.js';
import { MOST_SHARED_TEXT } from './share.js';

/** A button that asks for a file. */
function FileButton({ label, take }: { label: string; take(file: File): void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" onClick={() => input.current?.click()}>
        {label}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={label}
        onChange={event => {
          const file = event.currentTarget.files?.[0];
          if (file !== undefined) take(file);
          event.currentTarget.value = '';
        }}
      />
    </>
  );
}

const fileInput = (file: File) => ({ name: file.name, content: file });

/** The text: what it is, and where it comes from. */
export function CapturePane() {
  const { input, second, capture, other, use, compareWith, sample, shared, share } = usePlayground();
  const { name, content } = input.value;
  const text = typeof content === 'string' ? content : undefined;
  const open = useSignal(matchMedia('(min-width: 721px)').matches);
  const status = capture.value === undefined ? 'reading…' : summaryOf(capture.value);
  return (
    <details
      class="capture"
      open={open.value}
      onToggle={event => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>
        <b>{name}</b>{' '}
        <span id="ct-summary" role="status" data-done={capture.value?.done}>
          {status}
        </span>
        {second.value && other.value && (
          <span>
            , compared with <b>{second.value.name}</b>: {summaryOf(other.value)}
          </span>
        )}
      </summary>
      {text !== undefined && (
        <textarea
          id="ct-text"
          rows={4}
          wrap="off"
          spellcheck={false}
          aria-label="Conntrack text"
          placeholder="Paste what conntrack -L prints, /proc/net/nf_conntrack, an event log, NDJSON or XML. Or drop a file anywhere."
          value={text}
          onInput={event => use({ name: 'your text', content: event.currentTarget.value })}
        />
      )}
      <div class="actions">
        <FileButton label="open a file…" take={file => use(fileInput(file))} />
        <button type="button" onClick={() => use(sample)}>
          sample
        </button>
        <button type="button" onClick={() => use({ name: 'your text', content: '' })}>
          empty
        </button>
        {second.value === undefined ? (
          <FileButton label="compare with a file…" take={file => compareWith(fileInput(file))} />
        ) : (
          <button type="button" onClick={() => compareWith(undefined)}>
            compare no more
          </button>
        )}
        <button
          type="button"
          title="Replaces addresses and names. Ports, states, counters and times stay."
          disabled={(capture.value?.records.length ?? 0) === 0}
          onClick={() => use({ name: `${name} (anonymised)`, content: anonymise(capture.value!.records) })}
        >
          anonymise
        </button>
        <label>
          <input
            type="checkbox"
            checked={shared.value}
            disabled={text === undefined || text.length > MOST_SHARED_TEXT}
            onChange={event => share(event.currentTarget.checked)}
          />{' '}
          text in the link
        </label>
        <small>The text stays in this browser.</small>
      </div>
    </details>
  );
}
