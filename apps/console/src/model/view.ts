import { signal } from '@preact/signals';

/** The pages of the console. */
export const PAGES = ['flows', 'events', 'expectations', 'health', 'host'] as const;
export type Page = (typeof PAGES)[number];

/** What groups can be ranked by. */
export const METRICS = ['flows', 'bytes', 'packets', 'rate'] as const;

/** What the console shows: everything that a link to it contains. */
export interface View {
  page: Page;
  /** The text of the filter, in either syntax. */
  filter: string;
  /** The order of the flows: `-bytes`. Empty: the table's own order. */
  sort: string;
  /** The network namespace; `.` is the server's own. */
  netns: string;
  /** The address of the host page. */
  host: string;
  /** The columns of the flow table. Empty: the default columns. */
  columns: readonly string[];
  /** The fields of the groups. Empty: the default groups. */
  groups: readonly string[];
  /** What groups are ranked by. */
  metric: (typeof METRICS)[number];
}

export const DEFAULT_VIEW: View = {
  page: 'flows',
  filter: '',
  sort: '',
  netns: '.',
  host: '',
  columns: [],
  groups: [],
  metric: 'flows',
};

/** Writes a view as the part of a URL after `#`, which browsers do not send to servers. Members with their default are left out. */
export function printView(view: View): string {
  const pairs = new URLSearchParams();
  if (view.filter !== '') pairs.set('filter', view.filter);
  if (view.sort !== '') pairs.set('sort', view.sort);
  if (view.netns !== '.') pairs.set('netns', view.netns);
  if (view.page === 'host') pairs.set('host', view.host);
  if (view.columns.length > 0) pairs.set('columns', view.columns.join(','));
  if (view.groups.length > 0) pairs.set('groups', view.groups.join('~'));
  if (view.metric !== DEFAULT_VIEW.metric) pairs.set('by', view.metric);
  const text = pairs.toString();
  return `#/${view.page}${text === '' ? '' : `?${text}`}`;
}

/** Reads the part of a URL after `#`. What is missing or unknown has its default. */
export function parseView(hash: string): View {
  const [, path = '', text = ''] = /^#?\/?([a-z]*)\??(.*)$/s.exec(hash) ?? [];
  const pairs = new URLSearchParams(text);
  const host = pairs.get('host') ?? '';
  const page = PAGES.find(each => each === path) ?? DEFAULT_VIEW.page;
  const metric = pairs.get('by');
  return {
    page: page === 'host' && host === '' ? 'flows' : page,
    filter: pairs.get('filter') ?? '',
    sort: pairs.get('sort') ?? '',
    netns: pairs.get('netns') ?? '.',
    host,
    columns: pairs.get('columns')?.split(',').filter(Boolean) ?? [],
    groups: pairs.get('groups')?.split('~').filter(Boolean) ?? [],
    metric: METRICS.find(each => each === metric) ?? DEFAULT_VIEW.metric,
  };
}

/** The parts of a window that a view needs. */
export interface ViewPlace {
  readonly location: Pick<Location, 'hash'>;
  readonly history: Pick<History, 'pushState' | 'replaceState'>;
  addEventListener(name: 'hashchange' | 'popstate', listener: () => void): void;
}

/** The view as a signal that the address bar follows, and the other way round. */
export function viewModel(place: ViewPlace) {
  const view = signal<View>(parseView(place.location.hash));
  const set = (more: Partial<View>, how: 'push' | 'replace'): void => {
    const next = { ...view.value, ...more };
    const hash = printView(next);
    if (hash !== place.location.hash && !(hash === '#/flows' && place.location.hash === ''))
      place.history[how === 'push' ? 'pushState' : 'replaceState'](null, '', hash);
    view.value = next;
  };
  // Both for links and for the back button.
  for (const event of ['hashchange', 'popstate'] as const)
    place.addEventListener(event, () => {
      if (printView(view.value) !== place.location.hash) view.value = parseView(place.location.hash);
    });
  return {
    view,
    /** Goes to another view. The back button leads back. */
    go: (more: Partial<View>): void => set(more, 'push'),
    /** Changes the view in place, as while typing. */
    adjust: (more: Partial<View>): void => set(more, 'replace'),
  };
}

export type ViewModel = ReturnType<typeof viewModel>;
