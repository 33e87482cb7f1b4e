// The small changes possible in a source file.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { Edit, Kind } from './kinds.js';
import { KINDS } from './kinds.js';

export interface Change extends Edit {
  readonly kind: Kind;
  /** The start of the syntax node of the change. */
  readonly nodeStart: number;
  /** The path of the file from the root, and the line in it. */
  readonly file: string;
  readonly line: number;
  /** The enclosing declarations, the outermost first. */
  readonly within: string;
  /** The replaced text and its replacement, on one line. */
  readonly from: string;
  readonly to: string;
}

/** A change in a line of text. */
export const shown = ({ file, line, kind, within, from, to }: Change): string =>
  `${file}:${line} ${within}: ${kind}: ${from} → ${to === '' ? '(nothing)' : to}`;

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

function declaredName(node: ts.Node): string | undefined {
  const isDeclared =
    ts.isFunctionDeclaration(node) ||
    ts.isVariableDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isPropertyAssignment(node);
  return isDeclared && node.name !== undefined && !ts.isObjectBindingPattern(node.name)
    ? oneLine(node.name.getText())
    : undefined;
}

/** Types have no effect at run time. */
const isType = (node: ts.Node): boolean =>
  ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);

function changesIn(file: string, text: string): readonly Change[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
  const found = new Map<string, Change>();

  function note(kind: Kind, edit: Edit, node: ts.Node, within: readonly string[]): void {
    const place = `${edit.start} ${edit.end} ${edit.text}`;
    if (found.has(place)) return;
    const line = source.getLineAndCharacterOfPosition(edit.start).line + 1;
    const [from, to] = [oneLine(text.slice(edit.start, edit.end)), oneLine(edit.text)];
    const nodeStart = node.getStart();
    found.set(place, { ...edit, kind, nodeStart, file, line, within: within.join(' › '), from, to });
  }

  function visit(node: ts.Node, within: readonly string[]): void {
    if (isType(node)) return;
    const name = declaredName(node);
    const inside = name === undefined ? within : [...within, name];
    for (const kind of Object.keys(KINDS).filter(isKind))
      for (const edit of KINDS[kind](node)) note(kind, edit, node, inside);
    node.forEachChild((child) => {
      visit(child, inside);
    });
  }

  visit(source, []);
  return [...found.values()];
}

const isKind = (name: string): name is Kind => name in KINDS;

/** Programs of a single step, and generated code. */
const UNTOUCHED = /^src\/(?:gen\/|make-indexes\.ts|embedded\/(?:download|mongod)\.ts)/;

/** The files of src below `root` open to changes, as paths from `root`. */
export const sourceFiles = (root: string): readonly string[] =>
  readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((path) => `src/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts') && !UNTOUCHED.test(path))
    .sort();

/** All changes of `files`. */
export const changesOf = (root: string, files: readonly string[]): readonly Change[] =>
  files.flatMap((file) => changesIn(file, readFileSync(join(root, file), 'utf8')));

/** The text of a file with `change`. */
export const changed = (text: string, { start, end, text: other }: Change): string =>
  text.slice(0, start) + other + text.slice(end);
