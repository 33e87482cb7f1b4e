// The documentation matches the code: errors, settings, operators and stages are documented, and references resolve.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fromJsonString } from '@bufbuild/protobuf';
import { expect, test } from '@jest/globals';
import { readConfig } from '../src/config/config.js';
import { AppError, ERRORS } from '../src/errors.js';
import type { ErrorName } from '../src/errors.js';
import { OPERATORS } from '../src/query/operators.js';
import { GROUP_OPERATORS } from '../src/query/stages/group-operators.js';
import { PROJECT_OPERATORS } from '../src/query/stages/project-operators.js';
import { ROW_CONDITIONS } from '../src/query/stages/row-conditions.js';
import { descriptors } from '../src/wire/descriptors.js';

const ROOT = process.cwd();
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const filesBelow = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => posix.join(folder, path))
    .filter((path) => ending.test(path));

const PAGES: ReadonlyMap<string, string> = new Map(
  ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...filesBelow('docs', /\.md$/)].map((path) => [
    path,
    read(path),
  ]),
);
const page = (path: string): string => PAGES.get(path) ?? '';

/** Returns the cells of every table row of a page. */
const rowsOf = (path: string): string[][] =>
  [...page(path).matchAll(/^\| (.+) \|$/gm)].map(([, row = '']) =>
    row.split(/ \| /).map((cell) => cell.trim()),
  );

const headingsOf = (path: string): string[] =>
  [...page(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading.replaceAll(/[\\`]/g, ''));

/** Derives a heading's anchor as GitHub does. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** Lists the environment variables read by `readConfig`. */
function readVariables(): string[] {
  const names = new Set<string>();
  const environment = new Proxy<Record<string, string>>(
    {},
    {
      get(_, name) {
        names.add(String(name));
        return undefined;
      },
    },
  );
  readConfig(environment);
  return [...names];
}

const SOURCES = ['bench', 'explorer', 'mutate', 'scripts', 'src', 'test'].flatMap((folder) =>
  filesBelow(folder, /\.(?:tsx?|mjs|py|css)$/),
);

/** The text of a file with each comment of several lines joined. */
const joined = (file: string): string => read(file).replaceAll(/\s*\n\s*(\*|\/\/)? ?/g, ' ');

/** References from sources: to a page, or to sections of a page as `docs/query.md «list», «stat»`. */
const REFERENCES = SOURCES.flatMap((file) =>
  [...joined(file).matchAll(/([\w./-]+\.md)((?:,? «[^»]+»)*)/g)].flatMap(([, path = '', sections = '']) => {
    const named = [...sections.matchAll(/«([^»]+)»/g)].map(([, section = '']) => section);
    return (named.length === 0 ? [''] : named).map((section) => ({ file, page: path, section }));
  }),
);

/** The pages that describe the project as it is. */
const CURRENT_PAGES = [...PAGES].filter(([path]) => path !== 'CHANGELOG.md');

/** Code in backticks, without blocks of code. */
const INLINE_CODE = CURRENT_PAGES.flatMap(([from, text]) =>
  [...text.replaceAll(/^ *```[^]*?^ *```$/gm, '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => ({
    from,
    code,
  })),
);

const NAMED_FILES = INLINE_CODE.flatMap(({ from, code }) =>
  [...code.matchAll(/[\w.-]+(?:\/[\w.-]+)+\.(?:tsx?|mjs|py|css)\b/g)].map(([path]) => ({ from, path })),
);

const NAMED_TESTS = CURRENT_PAGES.flatMap(([from, text]) =>
  [...text.matchAll(/npm\s+test\s+--\s+(\w[\w./-]*)/g)].map(([, path = '']) => ({ from, path })),
);

const LINKS = [...PAGES].flatMap(([from, text]) =>
  [...text.matchAll(/\]\((?!\w+:)([^)#]*)#?([^)]*)\)/g)].map(([, to = '', anchor = '']) => ({
    from,
    to: posix.normalize(posix.join(dirname(from), to)),
    page: to === '' ? from : posix.normalize(posix.join(dirname(from), to)),
    anchor,
  })),
);

const EXAMPLES = [
  ...[...page('docs/query.md').matchAll(/^ *\d+ {2}(\{.*\})$/gm)].map(
    ([, request = '']) => ['list', request] as const,
  ),
  ...[...page('docs/query.md').matchAll(/^`(\w+)`:\n\n```text\n(.*)$/gm)].map(
    ([, name = '', request = '']) => [name, request] as const,
  ),
];

const NAMES = [
  ...Object.keys(OPERATORS).map((name) => ['filter operator', name] as const),
  ...Object.keys(GROUP_OPERATORS).map((name) => ['group field', name] as const),
  ...Object.keys(ROW_CONDITIONS).map((name) => ['condition', name] as const),
  ...Object.keys(PROJECT_OPERATORS)
    .filter((name) => name !== '')
    .map((name) => ['project operator', name] as const),
];

const isName = (name: string): name is ErrorName => Object.hasOwn(ERRORS, name);

test.each(Object.keys(ERRORS).filter(isName))(
  'the table of errors has ERROR_%s with its statuses and text',
  (name) => {
    const { status, text } = ERRORS[name];
    const row = rowsOf('docs/errors.md').find(([code]) => code === `\`ERROR_${name}\``);
    expect(row?.slice(1, 3)).toEqual([status, String(new AppError(name, text).http)]);
    const [beginning = ''] = text.split(/\{|'/);
    expect(row?.[3]).toContain(beginning.trim());
  },
);

test('every difference from 1.11 has a unique name', () => {
  const [, section = ''] = page('docs/query.md').split('## Differences from 1.11\n');
  const rows = [...section.matchAll(/^\| (\S+) +\|/gm)].map(([, name = '']) => name);
  const names = rows.filter((name) => /^`[a-z]+(?:-[a-z]+)*`$/.test(name));
  expect(rows.slice(2)).toEqual([...new Set(names)]);
  expect(names).toContain('`tie-break`');
});

test('the variables that readConfig reads are recorded', () => {
  expect(readVariables()).toEqual(expect.arrayContaining(['MONGODB_URI', 'TLS_CERT_FILE', 'LOG_LEVEL']));
});

test.each(readVariables())('the table of settings has one row for %s', (name) => {
  const rows = rowsOf('docs/settings.md').filter(([first = '']) => first.includes(`\`${name}\``));
  expect(rows).toHaveLength(1);
});

test.each(NAMES)('docs/query.md names the %s %s', (_, name) => {
  expect(page('docs/query.md')).toContain(`\`${name}\``);
});

test.each(Object.keys(OPERATORS))('docs/query.md has an example of the operator %s', (name) => {
  expect(page('docs/query.md')).toContain(`"o": "${name}"`);
});

test.each(EXAMPLES)('the example for %s parses as a request: %s', (name, request) => {
  const input = descriptors
    .getService('spaceone.api.inventory.v1.Job')
    ?.methods.find((rpc) => rpc.name === name);
  expect(input && fromJsonString(input.input, request)).toBeDefined();
});

test('references from comments are found, to pages and to their sections', () => {
  expect(REFERENCES.filter(({ section }) => section === '').length).toBeGreaterThan(10);
  expect(REFERENCES.filter(({ section }) => section !== '').length).toBeGreaterThan(10);
});

test.each(REFERENCES)('$file refers to $page «$section»', ({ page: path, section }) => {
  expect(existsSync(join(ROOT, path))).toBe(true);
  expect(['', ...headingsOf(path)]).toContain(section);
});

test.each(SOURCES.filter((file) => /^src\/(?!gen\/)/.test(file)))(
  '%s names no section without its page',
  (file) => {
    expect(joined(file).match(/(?<!\.md|»,) «[^»]+»/g) ?? []).toEqual([]);
  },
);

test('files and tests named on pages are found', () => {
  expect(NAMED_FILES.length).toBeGreaterThan(10);
  expect(NAMED_TESTS.length).toBeGreaterThan(10);
});

test.each(NAMED_FILES)('$from names the file $path', ({ path }) => {
  expect(SOURCES.filter((file) => `/${file}`.endsWith(`/${path}`))).not.toEqual([]);
});

test.each(NAMED_TESTS)('$from names the tests $path', ({ path }) => {
  expect(SOURCES.filter((file) => /^test\/.*\.test\.ts$/.test(file) && file.includes(path))).not.toEqual([]);
});

test.each(LINKS)('$from links to $to $anchor', (link) => {
  expect(existsSync(join(ROOT, link.page))).toBe(true);
  expect(['', ...headingsOf(link.page).map(anchorOf)]).toContain(link.anchor);
});
