import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import { useTable } from './context.js';

/**
 * Keys that work everywhere except in input fields and dialogs: those of the flow table, and `more`. With `box`, they work only while
 * something in that element has the focus.
 */
export function useKeys(more: Readonly<Record<string, () => void>>, box?: RefObject<HTMLElement | null>): void {
  const { open } = useTable();
  useEffect(() => {
    const root: HTMLElement | Document = box?.current ?? document;
    const focus = (selector: string) => (): void => root.querySelector<HTMLElement>(selector)?.focus();
    const press = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || root.querySelector('dialog[open]') !== null) return;
      if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
      const actions: Record<string, () => void> = {
        '/': focus('#filter'),
        g: focus('.groups button'),
        j: focus('.grid'),
        k: focus('.grid'),
        Escape: () => open(undefined),
        ...more,
      };
      const action = event.defaultPrevented ? undefined : actions[event.key];
      if (action === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      action();
    };
    root.addEventListener('keydown', press as EventListener);
    return () => root.removeEventListener('keydown', press as EventListener);
  }, []);
}
