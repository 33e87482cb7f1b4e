// Reads PromQL: the series that a query selects, and the labels that it groups by.
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { Labels } from '../../src/telemetry/metrics/definition.js';
import type { Sample } from './metrics.js';

const OPERATORS = {
  '=': (value: string, operand: string) => value === operand,
  '!=': (value: string, operand: string) => value !== operand,
  '=~': (value: string, operand: string) => new RegExp(`^(?:${operand})$`).test(value),
  '!~': (value: string, operand: string) => !new RegExp(`^(?:${operand})$`).test(value),
} as const;

type Operator = keyof typeof OPERATORS;
const isOperator = (text: string): text is Operator => Object.hasOwn(OPERATORS, text);

export interface Matcher {
  readonly label: string;
  readonly operator: Operator;
  readonly operand: string;
}

export interface Selector {
  readonly name: string;
  readonly matchers: readonly Matcher[];
}

export interface Query {
  readonly selectors: readonly Selector[];
  /** Labels of `by`, `on`, `ignoring` and `group_left`. */
  readonly grouping: readonly string[];
  /** Labels made by `label_replace`. */
  readonly made: readonly string[];
}

/** The labels that Prometheus adds to each series of a target. */
const TARGET_LABELS: readonly string[] = ['namespace', 'job', 'instance'];

const unquoted = (literal: string): string => literal.slice(1, -1).replaceAll(/\\(.)/g, '$1');

function nodesOf(query: string): readonly SyntaxNode[] {
  const nodes: SyntaxNode[] = [];
  parser.parse(query).iterate({ enter: ({ node }) => void nodes.push(node) });
  return nodes;
}

/** Parses a query. Errors: it is not PromQL. */
export function parseQuery(query: string): Query {
  const nodes = nodesOf(query);
  if (nodes.some(({ type }) => type.isError)) throw new Error(`no PromQL: ${query}`);
  const textOf = (node: SyntaxNode | null): string => (node === null ? '' : query.slice(node.from, node.to));
  const named = (name: string) => nodes.filter((node) => node.name === name);

  function matcherOf(node: SyntaxNode): Matcher {
    const operator = textOf(node.getChild('MatchOp'));
    if (!isOperator(operator)) throw new Error(`no operator: ${textOf(node)}`);
    const [label, operand] = [node.getChild('LabelName'), node.getChild('StringLiteral')].map(textOf);
    return { label: label ?? '', operator, operand: unquoted(operand ?? '') };
  }

  return {
    selectors: named('VectorSelector').map((node) => ({
      name: textOf(node.getChild('Identifier')),
      matchers: node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher').map(matcherOf) ?? [],
    })),
    grouping: named('GroupingLabels').flatMap((node) => node.getChildren('LabelName').map(textOf)),
    made: named('FunctionCall')
      .filter((node) => textOf(node.getChild('FunctionIdentifier')) === 'label_replace')
      .map((node) => unquoted(textOf(node.getChild('FunctionCallBody')?.getChild('StringLiteral') ?? null))),
  };
}

const ALTERNATIVES = /^\w+(?:\|\w+)+$/;

/** The selector by each alternative of its matchers, so that none can be of no series. */
function alternativesOf({ name, matchers }: Selector): readonly Selector[] {
  const at = matchers.findIndex(({ operator, operand }) => operator === '=~' && ALTERNATIVES.test(operand));
  const matcher = matchers[at];
  if (matcher === undefined) return [{ name, matchers }];
  return matcher.operand
    .split('|')
    .map((operand): Matcher => ({ ...matcher, operator: '=', operand }))
    .flatMap((one) => alternativesOf({ name, matchers: matchers.with(at, one) }));
}

/** True: `labels` of the service meet the matchers; those on labels of targets are passed over. */
const meets = (labels: Labels, matchers: readonly Matcher[]): boolean =>
  matchers
    .filter(({ label }) => !TARGET_LABELS.includes(label))
    .every(({ label, operator, operand }) => OPERATORS[operator](labels[label] ?? '', operand));

/** The samples that a selector selects. */
export const selected = ({ name, matchers }: Selector, samples: readonly Sample[]): readonly Sample[] =>
  samples.filter((sample) => sample.name === name && meets(sample.labels, matchers));

const selectorText = ({ name, matchers }: Selector): string =>
  `${name}{${matchers.map(({ label, operator, operand }) => `${label}${operator}"${operand}"`).join(', ')}}`;

/** The selectors of a query without a sample, each alternative by itself. */
export const withoutSamples = (query: string, samples: readonly Sample[]): readonly string[] =>
  parseQuery(query)
    .selectors.flatMap(alternativesOf)
    .filter((selector) => selected(selector, samples).length === 0)
    .map(selectorText);

/** The labels that a query groups by, and that none of its series has. */
export function unknownGrouping(query: string, samples: readonly Sample[]): readonly string[] {
  const { selectors, grouping, made } = parseQuery(query);
  const own = selectors.flatMap((selector) => selected(selector, samples));
  const known = new Set([...TARGET_LABELS, ...made, ...own.flatMap(({ labels }) => Object.keys(labels))]);
  return grouping.filter((label) => !known.has(label));
}
