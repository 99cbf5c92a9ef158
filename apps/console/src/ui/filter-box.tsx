import type { FilterError, FilterIssue } from '@conntrack/filter';
import type { Completion } from '@conntrack/filter/complete';
import { explainFilter } from '@conntrack/filter/explain';
import { parseFilter } from '@conntrack/filter/hints';
import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { accept, CLOSED, move, openList } from '../model/completion-list.js';
import { fix, pointerOf } from '../model/faults.js';
import { termsOf, termText, withoutTerm, withTerm } from '../model/filter-edit.js';
import { PRESETS } from '../model/flows.js';
import { countText } from '../model/format.js';
import { useTable } from './context.js';
import { rootOf } from './hooks.js';

const STORED = 'conntrack-filters';
const REMEMBERED = 15;
/** What a filter of the history is called in the list of completions. */
const USED = 'used before';
/** Maximum number of completions in the list. */
const MOST_SHOWN = 40;

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

function Faults({ text, faults, use }: { text: string; faults: readonly FilterIssue[]; use(text: string): void }) {
  return (
    <>
      {faults.map(fault => (
        <div class="fault" key={`${fault.offset} ${fault.message}`}>
          <pre>{pointerOf(fault)}</pre>
          <p>
            {fault.message}{' '}
            {fault.suggestions?.map(name => (
              <button key={name} type="button" onClick={() => use(fix(text, fault, name))}>
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
  const { view, adjust, go } = useTable();
  const input = useRef<HTMLInputElement>(null);
  const edited = useRef(false);
  // The filter that this box has set last. Meanwhile the text may have become longer, and not yet valid.
  const own = useRef(view.value.filter);
  const text = useSignal(view.value.filter);
  const list = useSignal(CLOSED);
  // The address bar, a chip or a group has changed the filter.
  useEffect(() => {
    if (view.value.filter === own.current) return;
    own.current = view.value.filter;
    text.value = view.value.filter;
  }, [view.value.filter]);
  const faults = useComputed(() => faultsOf(text.value));
  const close = (): void => {
    list.value = CLOSED;
  };
  const propose = (): void => {
    const value = text.value;
    const caret = input.current?.selectionStart ?? value.length;
    if (value.trim() === '' && history().length > 0) {
      const items = history().map((each): Completion => ({ text: each, kind: 'keyword', detail: USED }));
      list.value = { from: 0, to: value.length, items, chosen: -1 };
    } else {
      const opened = openList(value, caret);
      list.value = { ...opened, items: opened.items.slice(0, MOST_SHOWN) };
    }
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
    const { text: next, caret } = accept(text.value, list.value, item);
    use(next);
    close();
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(caret, caret);
      if (item.detail !== USED) propose();
    });
  };
  const key = (event: KeyboardEvent): void => {
    const { items, chosen } = list.value;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (items.length === 0) propose();
      else list.value = move(list.value, event.key === 'ArrowDown' ? 1 : -1);
      rootOf(input.current!).getElementById(`filter-item-${list.value.chosen}`)?.scrollIntoView({ block: 'nearest' });
    } else if ((event.key === 'Enter' || event.key === 'Tab') && chosen >= 0) take(items[chosen]);
    else if (event.key === 'Enter') {
      close();
      if (faults.value.length === 0) {
        own.current = text.value.trim();
        remember(own.current);
        go({ filter: text.value.trim(), ...(view.value.page === 'host' && { page: 'flows' }) });
      }
    } else if (event.key === 'Escape') {
      if (items.length > 0) close();
      else input.current?.blur();
    } else return;
    event.preventDefault();
  };
  const { items, chosen } = list.value;
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
          aria-expanded={items.length > 0}
          aria-activedescendant={chosen < 0 ? undefined : `filter-item-${chosen}`}
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
        <div id="filter-items" role="listbox" aria-label="Completions" hidden={items.length === 0}>
          {items.map((item, i) => (
            <div
              key={item.text}
              id={`filter-item-${i}`}
              role="option"
              aria-selected={i === chosen}
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
        <Faults text={text.value} faults={faults.value} use={use} />
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
  const { view, go, flows, recorded } = useTable();
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
