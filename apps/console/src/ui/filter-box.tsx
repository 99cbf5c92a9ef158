import { type FilterError, type FilterIssue, isQuery } from '@conntrack/filter';
import { type Completion, complete } from '@conntrack/filter/complete';
import { explainFilter } from '@conntrack/filter/explain';
import { parseFilter } from '@conntrack/filter/hints';
import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { termsOf, termText, withoutTerm, withTerm } from '../model/filter-edit.js';
import { PRESETS } from '../model/flows.js';
import { countText } from '../model/format.js';
import { useConsole } from './context.js';

const STORED = 'conntrack-filters';
const REMEMBERED = 15;

function history(): string[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(STORED) ?? '[]');
    return Array.isArray(list) ? list.filter(each => typeof each === 'string') : [];
  } catch {
    return [];
  }
}
function remember(filter: string): void {
  if (filter === '') return;
  try {
    localStorage.setItem(
      STORED,
      JSON.stringify([filter, ...history().filter(each => each !== filter)].slice(0, REMEMBERED)),
    );
  } catch {
    // Without storage there is no history.
  }
}

/** The faults of a text; none if it is a valid filter. */
function faultsOf(text: string): readonly FilterIssue[] {
  try {
    parseFilter(text.trim() === '' ? 'all' : text);
    return [];
  } catch (error) {
    return (error as FilterError).issues ?? [];
  }
}

/** The meaning of a filter on one line. */
function meaningOf(text: string): string {
  if (text.trim() === '') return '';
  const lines = explainFilter(parseFilter(text).filter)
    .text.split('\n')
    .map(line => line.trim());
  return lines
    .map((line, i) => (i === lines.length - 1 ? line : `${line}${line.endsWith(':') ? ' ' : ' · '}`))
    .join('');
}

/** The text and the caret of a fault, without the message, which wraps by itself. */
const pointerOf = ({ snippet, message }: FilterIssue): string => snippet.slice(0, -message.length).trimEnd();

function Faults({ text, faults, fix }: { text: string; faults: readonly FilterIssue[]; fix(text: string): void }) {
  return (
    <>
      {faults.map(fault => (
        <div class="fault" key={`${fault.offset} ${fault.message}`}>
          <pre>{pointerOf(fault)}</pre>
          <p>
            {fault.message}{' '}
            {fault.suggestions?.map(name => (
              <button
                key={name}
                type="button"
                onClick={() => fix(text.slice(0, fault.offset) + name + text.slice(fault.offset + fault.length))}
              >
                use {name}
              </button>
            ))}
          </p>
        </div>
      ))}
    </>
  );
}

/** The filter as text, with completion, history, faults with their place, and its meaning in words. */
export function FilterBox() {
  const { view, adjust, go } = useConsole();
  const input = useRef<HTMLInputElement>(null);
  const edited = useRef(false);
  // The filter that this box has set last. Meanwhile the text may have become longer, and not yet valid.
  const own = useRef(view.value.filter);
  const text = useSignal(view.value.filter);
  const items = useSignal<readonly Completion[]>([]);
  const span = useSignal<[number, number]>([0, 0]);
  const chosen = useSignal(-1);
  // The address bar, a chip or a group has changed the filter.
  useEffect(() => {
    if (view.value.filter === own.current) return;
    own.current = view.value.filter;
    text.value = view.value.filter;
  }, [view.value.filter]);
  const faults = useComputed(() => faultsOf(text.value));
  const close = (): void => {
    items.value = [];
    chosen.value = -1;
  };
  const propose = (): void => {
    const value = text.value;
    const caret = input.current?.selectionStart ?? value.length;
    if (value.trim() === '' && history().length > 0) {
      span.value = [0, value.length];
      items.value = history().map(each => ({ text: each, kind: 'keyword', detail: 'used before' }));
    } else {
      const { from, to, items: found } = complete(value, caret, { syntax: isQuery(value) ? 'query' : 'expression' });
      span.value = [from, to];
      items.value = found.slice(0, 40);
    }
    chosen.value = -1;
  };
  const use = (next: string): void => {
    text.value = next;
    if (faultsOf(next).length > 0) return;
    // The first change adds an entry to the browser's history, so that back leads to the filter before.
    own.current = next.trim();
    (edited.current ? adjust : go)({ filter: own.current });
    edited.current = true;
  };
  const take = (item: Completion | undefined): void => {
    if (item === undefined) return;
    const [from, to] = span.value;
    const next = text.value.slice(0, from) + item.text + text.value.slice(to);
    use(next);
    close();
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(from + item.text.length, from + item.text.length);
      if (item.detail !== 'used before') propose();
    });
  };
  const key = (event: KeyboardEvent): void => {
    const { length } = items.value;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (length === 0) propose();
      else
        chosen.value =
          (chosen.value + (event.key === 'ArrowDown' ? 1 : -1) + length + (chosen.value < 0 ? 1 : 0)) % length;
      document.getElementById(`filter-item-${chosen.value}`)?.scrollIntoView({ block: 'nearest' });
    } else if ((event.key === 'Enter' || event.key === 'Tab') && chosen.value >= 0) take(items.value[chosen.value]);
    else if (event.key === 'Enter') {
      close();
      if (faults.value.length === 0) {
        own.current = text.value.trim();
        remember(own.current);
        go({ filter: text.value.trim(), ...(view.value.page === 'host' && { page: 'flows' }) });
      }
    } else if (event.key === 'Escape') {
      if (length > 0) close();
      else input.current?.blur();
    } else return;
    event.preventDefault();
  };
  const meaning = useComputed(() => (faults.value.length > 0 ? '' : meaningOf(text.value)));
  return (
    <div class="filter">
      <div class="box">
        <label for="filter">Filter</label>
        <input
          id="filter"
          ref={input}
          type="text"
          role="combobox"
          placeholder="every flow · proto=tcp&dport=443 · src in 10.0.0.0/8 and bytes > 1M"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          aria-autocomplete="list"
          aria-controls="filter-items"
          aria-expanded={items.value.length > 0}
          aria-activedescendant={chosen.value < 0 ? undefined : `filter-item-${chosen.value}`}
          aria-invalid={faults.value.length > 0}
          aria-describedby="filter-faults"
          value={text.value}
          onInput={event => {
            use(event.currentTarget.value);
            propose();
          }}
          onClick={propose}
          onKeyDown={key}
          onBlur={() => {
            edited.current = false;
            close();
            if (faults.value.length === 0) remember(text.value.trim());
          }}
        />
        {text.value !== '' && (
          <button type="button" class="clear" aria-label="Clear the filter" onClick={() => use('')}>
            ×
          </button>
        )}
        <div id="filter-items" role="listbox" aria-label="Completions" hidden={items.value.length === 0}>
          {items.value.map((item, i) => (
            <div
              key={item.text}
              id={`filter-item-${i}`}
              role="option"
              aria-selected={i === chosen.value}
              tabIndex={-1}
              onMouseDown={event => event.preventDefault()}
              onClick={() => take(item)}
            >
              <code>{item.text}</code> <small>{item.detail}</small>
            </div>
          ))}
        </div>
      </div>
      <div id="filter-faults" aria-live="polite">
        <Faults text={text.value} faults={faults.value} fix={use} />
        {meaning.value !== '' && (
          <p class="meaning" title={meaning.value}>
            {meaning.value}
          </p>
        )}
      </div>
    </div>
  );
}

/** The terms of the filter, each with a button that removes it, and filters that are one click away. */
export function Chips() {
  const { view, go, flows, recorded } = useConsole();
  const { filter } = view.value;
  const terms = termsOf(filter).map(termText);
  const counts = flows.shown.value?.counts ?? {};
  const presets = PRESETS.filter(({ needs }) => needs === undefined || recorded.value[needs]);
  return (
    <div class="chips">
      {terms.length > 1 &&
        terms.map((term, i) => (
          <span class="chip" key={term}>
            <code>{term}</code>
            <button type="button" aria-label={`Remove ${term}`} onClick={() => go({ filter: withoutTerm(filter, i) })}>
              ×
            </button>
          </span>
        ))}
      {presets.map(({ name, term }) => (
        <button type="button" class="preset" key={name} onClick={() => go({ filter: withTerm(filter, term) })}>
          {name}
          {counts[name] !== undefined && <b>{countText(counts[name])}</b>}
        </button>
      ))}
      {recorded.value.accounting && (
        <button type="button" class="preset" onClick={() => go({ sort: '-bytes' })}>
          biggest
        </button>
      )}
    </div>
  );
}
