import { signal } from '@preact/signals';

/** The chosen theme; `auto` follows the system. */
export type Theme = 'auto' | 'dark' | 'light';

const STORED = 'conntrack-theme';
const isTheme = (text: unknown): text is Theme => text === 'dark' || text === 'light' || text === 'auto';

export const theme = signal<Theme>('auto');

function stored(): Theme {
  try {
    const text = localStorage.getItem(STORED);
    return isTheme(text) ? text : 'auto';
  } catch {
    return 'auto';
  }
}

/** Applies a theme, by default the one of the last visit. */
export function applyTheme(next: Theme = stored()): void {
  theme.value = next;
  if (next === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem(STORED, next);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

/** Whether the page is dark now. */
export const isDark = (): boolean =>
  theme.value === 'auto' ? !matchMedia('(prefers-color-scheme: light)').matches : theme.value === 'dark';
