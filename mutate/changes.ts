/** The small changes that a source file allows. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { Edit, Kind } from './kinds.js';
import { KINDS } from './kinds.js';

export interface Change extends Edit {
  readonly kind: Kind;
  /** The path of the file from the root, and where in it. */
  readonly file: string;
  readonly line: number;
  /** The declarations that it lies in, the outermost first. */
  readonly within: string;
  /** What is replaced, and what by, on one line. */
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

/** Types mean nothing when the program runs. */
const isType = (node: ts.Node): boolean =>
  ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);

function changesIn(file: string, text: string): readonly Change[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
  const found = new Map<string, Change>();

  function note(kind: Kind, edit: Edit, within: readonly string[]): void {
    const place = `${edit.start} ${edit.end} ${edit.text}`;
    if (found.has(place)) return;
    const line = source.getLineAndCharacterOfPosition(edit.start).line + 1;
    const [from, to] = [oneLine(text.slice(edit.start, edit.end)), oneLine(edit.text)];
    found.set(place, { ...edit, kind, file, line, within: within.join(' › '), from, to });
  }

  function visit(node: ts.Node, within: readonly string[]): void {
    if (isType(node)) return;
    const name = declaredName(node);
    const inside = name === undefined ? within : [...within, name];
    for (const kind of Object.keys(KINDS).filter(isKind))
      for (const edit of KINDS[kind](node)) note(kind, edit, inside);
    node.forEachChild((child) => {
      visit(child, inside);
    });
  }

  visit(source, []);
  return [...found.values()];
}

const isKind = (name: string): name is Kind => name in KINDS;

/** Programs of one step, and code that others have made. */
const UNTOUCHED = /^src\/(?:gen\/|make-indexes\.ts|embedded\/(?:download|mongod)\.ts)/;

/** The files of src below `root` that are changed, as paths from there. */
export const sourceFiles = (root: string): readonly string[] =>
  readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((path) => `src/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts') && !UNTOUCHED.test(path))
    .sort();

/** All changes of `files`. */
export const changesOf = (root: string, files: readonly string[]): readonly Change[] =>
  files.flatMap((file) => changesIn(file, readFileSync(join(root, file), 'utf8')));

/** The text of a file once `change` is made. */
export const changed = (text: string, { start, end, text: other }: Change): string =>
  text.slice(0, start) + other + text.slice(end);
