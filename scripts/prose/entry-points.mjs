// What the text of a package's entry points must have: `@module` at the top, and TSDoc for everything that they export.
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

/** The source files of a package's entry points, from its package.json. */
function entryPointsOf(folder) {
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) return [];
  return Object.values(JSON.parse(readFileSync(manifest, 'utf8')).exports ?? {})
    .map(entry => entry['@conntrack/source'])
    .filter(source => source !== undefined)
    .map(source => join(folder, source));
}

/** Whether the first comment of a file says what the module is. */
const hasModule = text => /^\/\*\*(?:(?!\*\/)[\s\S])*@module\b/.test(text);

/** The declarations that a symbol, or the symbol that it re-exports, has in the package. */
const declarationsOf = (checker, symbol) =>
  ((symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol).declarations ?? [];

/** Whether one of the declarations has a TSDoc comment. A variable has it at its statement. */
const isDocumented = declarations =>
  declarations.some(
    declaration =>
      ts.getJSDocCommentsAndTags(declaration).length > 0 ||
      (ts.isBindingElement(declaration) && ts.getJSDocCommentsAndTags(declaration.parent.parent).length > 0),
  );

/**
 * Finds missing texts of the entry points of a package.
 *
 * @returns {{ file: string, line: number, message: string }[]}
 */
export function faultsOfEntryPoints(root, folder) {
  const files = entryPointsOf(join(root, folder));
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    customConditions: ['@conntrack/source'],
    noEmit: true,
    skipLibCheck: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const faults = new Map();
  const add = (source, position, message) => {
    const file = relative(root, source.fileName);
    const line = source.getLineAndCharacterOfPosition(position).line + 1;
    faults.set(`${file}:${line}:${message}`, { file, line, message });
  };
  for (const file of files) {
    const source = program.getSourceFile(file);
    if (!hasModule(source.text)) add(source, 0, 'no @module: say what the entry point is for');
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source));
    for (const symbol of exported) {
      const own = declarationsOf(checker, symbol).filter(at =>
        at.getSourceFile().fileName.startsWith(join(root, folder, 'src')),
      );
      if (own.length > 0 && !isDocumented(own))
        add(own[0].getSourceFile(), own[0].getStart(), `'${symbol.name}' is exported and has no TSDoc`);
    }
  }
  return [...faults.values()];
}
