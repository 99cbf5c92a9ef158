// Puts the playground into a page. A shadow tree keeps the styles of the page and those of the console apart.
import { signal } from '@preact/signals';
import { render } from 'preact';
import sampleText from '../../../packages/cli/samples/gateway.txt?raw';
import { viewModel } from '../../console/src/model/view.js';
import consoleStyle from '../../console/src/style/index.css?inline';
import { TableContext } from '../../console/src/ui/context.js';
import { theme } from '../../console/src/ui/theme.js';
import { PlaygroundContext } from './context.js';
import { type Input, playgroundModel } from './model.js';
import { Page } from './page.js';
import ownStyle from './playground.css?inline';
import { fromHash, sharedPlace } from './share.js';

const sample: Input = { name: 'sample', content: sampleText };
const STORED = 'conntrack-playground';
/** Longer texts are not kept over a reload. */
const MOST_KEPT = 2_000_000;

/** The text of the last visit of this tab. */
function stored(): Input | undefined {
  try {
    const text = sessionStorage.getItem(STORED);
    return text === null ? undefined : { name: 'your text', content: text };
  } catch {
    return undefined;
  }
}
function store({ content }: Input): void {
  try {
    if (typeof content !== 'string' || content === sampleText || content.length > MOST_KEPT)
      sessionStorage.removeItem(STORED);
    else sessionStorage.setItem(STORED, content);
  } catch {
    // Without storage, the text is lost by a reload.
  }
}

/** Lets the tree have the theme of the page, which has a class on its root element. */
function followTheme(host: HTMLElement): () => void {
  const root = document.documentElement;
  const take = (): void => {
    theme.value = root.classList.contains('dark') ? 'dark' : 'light';
    host.dataset.theme = theme.value;
  };
  take();
  const observer = new MutationObserver(take);
  observer.observe(root, { attributeFilter: ['class'] });
  return () => observer.disconnect();
}

/** Mounts the playground in an element. Returns what removes it. */
export function mountPlayground(host: HTMLElement): () => void {
  const tree = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const style = document.createElement('style');
  style.textContent = consoleStyle + ownStyle;
  const box = document.createElement('div');
  box.id = 'playground';
  tree.replaceChildren(style, box);

  const { text } = fromHash(location.hash);
  const shared = signal(text !== undefined);
  let current: () => Input = () => sample;
  const textOf = (): string | undefined => {
    const { content } = current();
    return shared.value && typeof content === 'string' ? content : undefined;
  };
  const linked: Input | undefined = text === undefined ? undefined : { name: 'the text of the link', content: text };
  const place = viewModel(sharedPlace(window, textOf));
  const model = playgroundModel(place, linked ?? stored() ?? sample, { sample, shared });
  current = () => model.input.peek();
  const stop = [
    followTheme(host),
    model.input.subscribe(input => {
      store(input);
      if (shared.peek()) place.adjust({});
    }),
  ];
  render(
    <PlaygroundContext.Provider value={model}>
      <TableContext.Provider value={model}>
        <Page />
      </TableContext.Provider>
    </PlaygroundContext.Provider>,
    box,
  );
  return () => {
    for (const each of stop) each();
    render(null, box);
  };
}
