// Finds the text for people in a file: comments and strings of TypeScript, and Markdown without its code.
import { extname } from 'node:path';
import ts from 'typescript';

/**
 * A piece of text: where it begins, what it is, and what it says.
 * @typedef {{ line: number, kind: 'comment' | 'tsdoc' | 'string' | 'markdown', text: string, role?: string }} Piece
 */

/** A comment without its markers and TSDoc's stars. */
const bare = comment =>
  comment
    .replace(/^\/\*\*?|\*\/$|^\/\//g, '')
    .replace(/^\s*\*(?: |$)/gm, '')
    .replace(/`[^`]*`/g, '`…`')
    .trim();

/** What a string is for: the call or the property that contains it. */
function roleOf(node) {
  for (let at = node, up = node.parent; up !== undefined; at = up, up = up.parent) {
    if (ts.isNewExpression(up) || ts.isCallExpression(up))
      return up.expression === at ? undefined : up.expression.getText();
    if (ts.isPropertyAssignment(up)) return up.initializer === at ? up.name.getText() : undefined;
    if (ts.isThrowStatement(up)) return 'throw';
    if (ts.isReturnStatement(up) || ts.isArrowFunction(up) || ts.isVariableDeclaration(up))
      return ts.isVariableDeclaration(up) ? up.name.getText() : undefined;
  }
  return undefined;
}

/** A template with its placeholders as `${…}`. */
const templateText = node => node.head.text + node.templateSpans.map(span => `\${…}${span.literal.text}`).join('');

/** @returns {Piece[]} */
function ofTypeScript(name, source) {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true);
  const lineOf = at => file.getLineAndCharacterOfPosition(at).line + 1;
  const pieces = [];
  const seen = new Set();
  const comments = (ranges = []) => {
    for (const { pos, end } of ranges) {
      if (seen.has(pos)) continue;
      seen.add(pos);
      const comment = source.slice(pos, end);
      pieces.push({ line: lineOf(pos), kind: comment.startsWith('/**') ? 'tsdoc' : 'comment', text: bare(comment) });
    }
  };
  const visit = node => {
    comments(ts.getLeadingCommentRanges(source, node.getFullStart()));
    comments(ts.getTrailingCommentRanges(source, node.getEnd()));
    const text =
      ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)
        ? node.text
        : ts.isTemplateExpression(node)
          ? templateText(node)
          : undefined;
    if (text !== undefined && !ts.isImportDeclaration(node.parent) && !ts.isExportDeclaration(node.parent))
      pieces.push({ line: lineOf(node.getStart()), kind: 'string', text, role: roleOf(node) });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return pieces;
}

/** @returns {Piece[]} */
function ofMarkdown(source) {
  let fenced = false;
  return source.split('\n').flatMap((line, i) => {
    if (/^\s*(?:```|~~~)/.test(line)) {
      fenced = !fenced;
      return [];
    }
    return fenced ? [] : [{ line: i + 1, kind: 'markdown', text: line.replace(/`[^`]*`/g, '`…`') }];
  });
}

/** @returns {Piece[]} */
export const piecesOf = (name, source) => (extname(name) === '.md' ? ofMarkdown(source) : ofTypeScript(name, source));
