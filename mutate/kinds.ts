// The kinds of small changes: for each, its edits of a node of the syntax tree.
import ts from 'typescript';

/** Replaces the source from `start` to `end`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

type EditsOf = (node: ts.Node) => readonly Edit[];

const edit = (node: ts.Node, text: string): Edit => ({ start: node.getStart(), end: node.getEnd(), text });

/** The edits that remove each of `items` from a comma-separated list. */
const without = <T extends ts.Node>(items: readonly T[], isCandidate: (item: T) => boolean): Edit[] =>
  items.flatMap((item, nth) => {
    if (!isCandidate(item)) return [];
    const [before, after] = [items[nth - 1], items[nth + 1]];
    if (after !== undefined) return [{ start: item.getStart(), end: after.getStart(), text: '' }];
    return [{ start: before?.getEnd() ?? item.getStart(), end: item.getEnd(), text: '' }];
  });

/** Calls that release a resource. */
const GIVING_BACK =
  /^(?:abort|cancel|clear\w*|close\w*|delete|destroy|dispose|done|drop\w*|end\w*|forget|kill|leave|off|release|remove\w*|return|stop|terminate|unref|unsubscribe)$/;

function nameOf(called: ts.Expression): string {
  if (ts.isIdentifier(called)) return called.text;
  return ts.isPropertyAccessExpression(called) ? called.name.text : '';
}

/** The call of an expression, with or without await. */
function callIn(expression: ts.Expression): ts.CallExpression | undefined {
  if (ts.isCallExpression(expression)) return expression;
  if (ts.isAwaitExpression(expression) || ts.isVoidExpression(expression))
    return callIn(expression.expression);
  return undefined;
}

function isGivingBack(expression: ts.Expression): boolean {
  const call = callIn(expression);
  return call !== undefined && GIVING_BACK.test(nameOf(call.expression));
}

function conditionOf(node: ts.Node): ts.Expression | undefined {
  if (ts.isIfStatement(node)) return node.expression;
  return ts.isConditionalExpression(node) ? node.condition : undefined;
}

/** True for a statement that leaves its block. */
function isLeaving(statement: ts.Statement): boolean {
  if (ts.isBlock(statement)) return statement.statements.some(isLeaving);
  return (
    ts.isReturnStatement(statement) || ts.isThrowStatement(statement) || ts.isContinueStatement(statement)
  );
}

const isGuard = (node: ts.Node): node is ts.IfStatement =>
  ts.isIfStatement(node) && node.elseStatement === undefined && isLeaving(node.thenStatement);

/** The replacements of binary operators. */
const OPERATORS: Readonly<Record<string, ReadonlyMap<ts.SyntaxKind, string>>> = {
  comparison: new Map([
    [ts.SyntaxKind.LessThanToken, '<='],
    [ts.SyntaxKind.LessThanEqualsToken, '<'],
    [ts.SyntaxKind.GreaterThanToken, '>='],
    [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
    [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
    [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  ]),
  logic: new Map([
    [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
    [ts.SyntaxKind.BarBarToken, '&&'],
  ]),
  arithmetic: new Map([
    [ts.SyntaxKind.PlusToken, '-'],
    [ts.SyntaxKind.MinusToken, '+'],
    [ts.SyntaxKind.AsteriskToken, '/'],
    [ts.SyntaxKind.SlashToken, '*'],
    [ts.SyntaxKind.PlusEqualsToken, '-='],
    [ts.SyntaxKind.MinusEqualsToken, '+='],
  ]),
};

const operatorChanged =
  (operators: ReadonlyMap<ts.SyntaxKind, string> = new Map()): EditsOf =>
  (node) => {
    if (!ts.isBinaryExpression(node)) return [];
    const other = operators.get(node.operatorToken.kind);
    return other === undefined ? [] : [edit(node.operatorToken, other)];
  };

/** Either side alone, for expressions with one of `operators`. */
const sideDropped =
  (...operators: readonly ts.SyntaxKind[]): EditsOf =>
  (node) =>
    ts.isBinaryExpression(node) && operators.includes(node.operatorToken.kind)
      ? [edit(node, node.left.getText()), edit(node, node.right.getText())]
      : [];

const { AmpersandAmpersandToken, BarBarToken, PlusToken, QuestionQuestionToken } = ts.SyntaxKind;

const SWAPPED: ReadonlyMap<string, string> = new Map(
  [
    ['some', 'every'],
    ['min', 'max'],
    ['floor', 'ceil'],
    ['startsWith', 'endsWith'],
    ['find', 'findLast'],
    ['once', 'on'],
  ].flatMap(([one = '', other = '']) => [
    [one, other],
    [other, one],
  ]),
);

function numbersFor(text: string): readonly string[] {
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isFinite(value)) return [];
  return value === 0 ? ['1'] : ['0', String(value * 10)];
}

/** True for a text that is a value, not a name, a type or a module specifier. */
const isValue = ({ parent }: ts.StringLiteralLike): boolean =>
  !ts.isPropertyAssignment(parent) || !ts.isStringLiteral(parent.name)
    ? !ts.isImportDeclaration(parent) && !ts.isExportDeclaration(parent) && !ts.isLiteralTypeNode(parent)
    : true;

const isName = (node: ts.StringLiteralLike): boolean =>
  ts.isPropertyAssignment(node.parent) && node.parent.name === node;

function regexEdits(node: ts.RegularExpressionLiteral): readonly Edit[] {
  const [, pattern = '', flags = ''] = /^\/(.*)\/(\w*)$/s.exec(node.text) ?? [];
  const others = [
    `/${pattern.replace(/^\^/, '')}/${flags}`,
    `/${pattern.replace(/(?<!\\)\$$/, '')}/${flags}`,
    ...['g', 'i', 's', 'y'].map((flag) => `/${pattern}/${flags.replace(flag, '')}`),
  ];
  return others
    .filter((other) => other !== node.text && !other.startsWith('//'))
    .map((other) => edit(node, other));
}

/** The elements of an array literal joined to one text. */
function joined(node: ts.Node): readonly ts.Expression[] {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return [];
  const { name, expression } = node.expression;
  return name.text === 'join' && ts.isArrayLiteralExpression(expression) ? expression.elements : [];
}

const any = (): boolean => true;

/** The kinds by name. */
export const KINDS = {
  'condition negated': (node) => {
    const condition = conditionOf(node);
    return condition === undefined ? [] : [edit(condition, `!(${condition.getText()})`)];
  },
  'condition settled': (node) => {
    const condition = isGuard(node) ? undefined : conditionOf(node);
    return condition === undefined ? [] : ['true', 'false'].map((text) => edit(condition, text));
  },
  'guard dropped': (node) => (isGuard(node) ? [edit(node, '{}')] : []),
  'and for or': operatorChanged(OPERATORS['logic']),
  'operand dropped': sideDropped(AmpersandAmpersandToken, BarBarToken),
  'comparison changed': operatorChanged(OPERATORS['comparison']),
  'arithmetic changed': operatorChanged(OPERATORS['arithmetic']),
  'constant changed': (node) =>
    ts.isNumericLiteral(node) ? numbersFor(node.getText()).map((text) => edit(node, text)) : [],
  'boolean flipped': (node) => {
    if (node.kind === ts.SyntaxKind.TrueKeyword) return [edit(node, 'false')];
    return node.kind === ts.SyntaxKind.FalseKeyword ? [edit(node, 'true')] : [];
  },
  'text changed': (node) =>
    ts.isStringLiteralLike(node) && isValue(node) && !isName(node)
      ? [edit(node, JSON.stringify(`${node.text}_`))]
      : [],
  'expression changed': (node) => (ts.isRegularExpressionLiteral(node) ? regexEdits(node) : []),
  'part of a text dropped': (node) => [
    ...(ts.isTemplateSpan(node) ? [edit(node.expression, "''")] : []),
    ...sideDropped(PlusToken)(node),
    ...without(joined(node), any),
  ],
  'giving back dropped': (node) => {
    if (ts.isExpressionStatement(node) && isGivingBack(node.expression)) return [edit(node, '{}')];
    if (ts.isArrowFunction(node) && ts.isExpression(node.body) && isGivingBack(node.body))
      return ['undefined', 'Promise.resolve()'].map((text) => edit(node.body, text));
    return [];
  },
  'disposal dropped': (node) =>
    ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.Using) !== 0
      ? [edit(node, node.getText().replace(/^(?:await )?using/, 'const'))]
      : [],
  'finally emptied': (node) =>
    ts.isTryStatement(node) && node.finallyBlock !== undefined ? [edit(node.finallyBlock, '{}')] : [],
  'catch emptied': (node) => (ts.isCatchClause(node) ? [edit(node.block, '{}')] : []),
  'handler dropped': (node) =>
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    ['catch', 'finally'].includes(node.expression.name.text)
      ? [edit(node, node.expression.expression.getText())]
      : [],
  'statement dropped': (node) => {
    if (!ts.isExpressionStatement(node) || isGivingBack(node.expression)) return [];
    return [edit(node, '{}')];
  },
  'await removed': (node) => {
    if (!ts.isAwaitExpression(node)) return [];
    const ignored = ts.isExpressionStatement(node.parent) ? 'void ' : '';
    return [edit(node, ignored + node.expression.getText())];
  },
  'default changed': (node) => [
    ...sideDropped(QuestionQuestionToken)(node),
    ...((ts.isParameter(node) || ts.isBindingElement(node)) && node.initializer !== undefined
      ? [{ start: node.name.getEnd(), end: node.initializer.getEnd(), text: '' }]
      : []),
  ],
  'argument dropped': (node) => {
    const args = (ts.isCallExpression(node) || ts.isNewExpression(node) ? node.arguments : undefined) ?? [];
    return without(args, (item) => item === args[args.length - 1]);
  },
  'signal replaced': (node) => {
    if (!ts.isExpression(node) || ts.isPropertyAccessExpression(node.parent)) return [];
    const isArgument = ts.isCallExpression(node.parent) && node.parent.arguments.includes(node);
    return isArgument && /\bsignal$/.test(node.getText()) ? [edit(node, 'new AbortController().signal')] : [];
  },
  'call undone': (node) => {
    const [first] = ts.isCallExpression(node) ? node.arguments : [];
    return first === undefined || ts.isExpressionStatement(node.parent) ? [] : [edit(node, first.getText())];
  },
  'method swapped': (node) => {
    if (!ts.isPropertyAccessExpression(node) || !ts.isCallExpression(node.parent)) return [];
    const other = SWAPPED.get(node.name.text);
    return other === undefined ? [] : [edit(node.name, other)];
  },
  'property dropped': (node) =>
    ts.isObjectLiteralExpression(node)
      ? without(node.properties, (item) => !ts.isSpreadAssignment(item))
      : [],
  'element dropped': (node) =>
    ts.isArrayLiteralExpression(node) ? without(node.elements, (item) => !ts.isSpreadElement(item)) : [],
  'spread dropped': (node) => {
    if (ts.isObjectLiteralExpression(node)) return without(node.properties, ts.isSpreadAssignment);
    return ts.isArrayLiteralExpression(node) ? without(node.elements, ts.isSpreadElement) : [];
  },
} as const satisfies Readonly<Record<string, EditsOf>>;

export type Kind = keyof typeof KINDS;
