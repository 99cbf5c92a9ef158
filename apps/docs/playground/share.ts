// The address of the playground: the view of the console after the `#`, which browsers never send to a server, and the text on request.
import type { ViewPlace } from '../../console/src/model/view.js';

/** Maximum number of characters of text in a link: some programs truncate longer links. */
export const MOST_SHARED_TEXT = 8192;

/** The members of links of earlier versions: `#filter=proto%3Dtcp&text=…`. */
const EARLIER = /^#(filter|format|text)=/;

/** Splits a hash into the view and the text. */
export function fromHash(hash: string): { view: string; text?: string } {
  const modern = EARLIER.test(hash) ? `#/flows?${hash.slice(1)}` : hash;
  const at = modern.indexOf('?');
  const pairs = new URLSearchParams(at < 0 ? '' : modern.slice(at + 1));
  const text = pairs.get('text');
  pairs.delete('text');
  pairs.delete('format');
  const rest = pairs.toString();
  const page = at < 0 ? modern : modern.slice(0, at);
  return { view: rest === '' ? page : `${page}?${rest}`, ...(text !== null && { text }) };
}

/** Joins a view and a text to a hash. A long text is left out. */
export function toHash(view: string, text: string | undefined): string {
  if (text === undefined || text.length > MOST_SHARED_TEXT) return view;
  return `${view === '' ? '#/flows' : view}${view.includes('?') ? '&' : '?'}${new URLSearchParams({ text })}`;
}

/** The address bar as the view sees it: without the text. */
export function sharedPlace(page: Window, text: () => string | undefined): ViewPlace {
  const write = (how: 'pushState' | 'replaceState') => (_: unknown, __: string, url?: string | URL | null) =>
    page.history[how](null, '', toHash(String(url ?? ''), text()));
  return {
    location: {
      get hash() {
        return fromHash(page.location.hash).view;
      },
    },
    history: { pushState: write('pushState'), replaceState: write('replaceState') },
    addEventListener: (name, listener) => page.addEventListener(name, listener),
  };
}
