import { render } from 'preact';
import { consoleModel } from './model/console.js';
import { makeSession } from './model/session.js';
import { viewModel } from './model/view.js';
import { App } from './ui/app.js';
import { ConsoleContext, TableContext } from './ui/context.js';
import { applyTheme } from './ui/theme.js';

/** The storage of this tab, unless the browser forbids it. */
function storageOf(): Storage | undefined {
  try {
    return window.sessionStorage;
  } catch {
    return undefined;
  }
}

applyTheme();
// The script is at console/app.js below the server's URL, which may have a base path.
const base = new URL('..', import.meta.url).href;
const model = consoleModel(makeSession(base, storageOf()), viewModel(window), () => document.hidden);
const root = document.getElementById('console')!;
root.replaceChildren();
render(
  <ConsoleContext.Provider value={model}>
    <TableContext.Provider value={model}>
      <App />
    </TableContext.Provider>
  </ConsoleContext.Provider>,
  root,
);
void model.start();
