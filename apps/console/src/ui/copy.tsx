import { useSignal } from '@preact/signals';

/** Copies text. Browsers offer the clipboard to secure pages only; elsewhere the text is selected and copied the old way. */
async function copy(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

/** A button that copies a text. */
export function Copy({ text, label }: { text: string | (() => Promise<string>); label: string }) {
  const done = useSignal(false);
  const press = (): void => {
    void Promise.resolve(typeof text === 'string' ? text : text())
      .then(copy)
      .then(() => {
        done.value = true;
        setTimeout(() => {
          done.value = false;
        }, 1500);
      });
  };
  return (
    <button type="button" class="quiet" onClick={press} title={typeof text === 'string' ? text : undefined}>
      {done.value ? 'copied' : `copy ${label}`}
    </button>
  );
}
