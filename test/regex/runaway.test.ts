// Regular expressions that are refused and that are not; a backtracking matcher agrees.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findRunaway } from '../../src/regex/runaway.js';
import { IN_USE, written } from '../harness/expressions.js';
import { timed } from '../harness/timed.js';

/** Behind each the rest is live, though it may look quoted or escaped. */
const DISGUISES = [
  ...written(String.raw`
    (?#\Q) (?#\Q\E) (?#\Q)(?#\E) zzz|\c\Q| z|\c\\\Q\E| \\Q| \\\Q\E| \Q(?#\E \Q\\E \Q[\E [\Q]\E] [\Q\E]\Q]\E]
    [^\E]\E\Q\E] [\c\]Q] (?<Q>\Q(\E) \x{51}\Q\E \o{121}\E [[:alpha:]\Q[:\E] \E q{2\Q\E}
  `),
  '(?x)#\\Q\n',
  '(?x:#\\Q\n)',
  '(?x)\\Q#\\E',
  '(?x) (?#\\Q) # \\Q (?#\n',
];
const EXPONENTIAL = [
  ...written(String.raw`
    (a+)+ (a*)* (a|a)* (a|aa)+$ ^(a|aa)+$|!$ (\w+\s?)+x (x+x+)+y ([a-z]+)*\d (?:\d|[0-9])+z ((a{1,20})+)+
    (a|b|ab)*c (a*|b)*c (a?b?)*c ((a?)*b)*$
  `),
  '^(\\w+ ?)*$|timeout',
  // The same characters under other names.
  ...written(String.raw`
    (\s|\t)* (\h|\x{a0})* (\R|\n)*x a(\X|\w)*x a(\C|b)*x (a|A)+x (é|É)*x (?s)(.|\n)+x ([^a]|\W)*x
    ([^a]|A|B)*x (\p{L}+)*\d (\p{Hangul}|한)*x [[:alpha:]]*([[:lower:]]+)*1 (\Qa\E|a)*x (\x61|\141|a)*x
    (\w|_)*! (s|ſ)*x
  `),
  '(\\h|\u00a0)*x',
  // Letters that mean nothing behind a backslash.
  ...written(String.raw`
    \y(a+)+b (y|\y)*x ([\R]|R)*x [\X\B](a|a)*b
    b{,3}*|(a+)+$ b{,3}++(a+)+$ b{,3}(?#)*|(a+)+$ (a|a)*{}x [\1](a+)+b [^\8](a+)+b ([\141]|a)*x ([\60-\71]|\d)*x ([\9]|9)*x
  `),
  '(a+){ 9, }x',
  ...['b{ 3 }*|(a+)+$', 'b{3 }+{2}|(a+)+$', 'b{1, 2}*|(a+)+$'],
  // Text to some engines, a quantifier to others.
  ...[
    '((a+)+){ 0 }x',
    '((){ 3 }|\\{ 3 \\})+$',
    '(?:(){ 0,}+|})+$',
    '(?:(){ 0,1}?|{ 0,1)+$',
    '(?x)((){ 2 }|\\{2\\})+$',
  ],
  // Codes of any length, and of few engines; properties by any name.
  ...written(String.raw`
    \x{00000041}*|(a+)+$ (\x{00000061}*)*$ (\o{00000000141}*)*$ (\N{U+61}*)*$ ([\N{U+61}]*)*$ (\pl*)*$
    ([\p{Old-Italic}]*)*$ (?:(?<n>a)\k{-n}*)*$
  `),
  '(\\p{Lu }*)*$',
  // Quotes, their marks and what looks like them.
  ...DISGUISES.map((disguise) => `${disguise}(a+)+$`),
  ...written(String.raw`
    (\Qa\E+)+$ (\Qba\E+|a)+$ (a\Q\E+)+$ (a\E+\E)+$ (?:[\Qa\E]+)+$ (?:[\Q]a\E]+)+$ (?:[\Q\E]a]+)+$
    (?:[^\E]b]+)+$ ([\Qa\E-c]|b)+$ ([a\E-c]|b)+$ ([a-\Qc\E]|b)+$ (\Qa+\E|a\+)+$
  `),
  // A repeat with a comment or blanks before the sign of its kind.
  'a+(?#)+|(a+)+$',
  '(?x)a+ +|(a+)+$',
  // Blanks are those of the engine; the caret ends the option x.
  '(?x)\u00a0+|(a+)+$',
  '(?x)(?^)#(a+)+$',
  '([a ]+[[:<:]])+$',
  // Other groups and their contents.
  ...written(String.raw`
    (?<n>a+)+ (?P<n>a+)+ (?'n'a+)+ (?|a+)+ (?i:a+)+ (?#c)(a+)+ (a+?)+? (?=(a+)+b)x (?!(a+)+b)x (?<=(a+)+b)x
    (?>(a+)+b) (?:(?>a)|a)+b ((?>a+?)|aa)*b ((?>a+)b?a?)*c ((a|a){9}){9}x (.?){1000}x
    ((?:aa)++|a)*b (?:(?:aa)++a?)*b
  `),
  '(?x)( a + ) + # b',
  '(\\s|[\u00a0 ])*',
];
const TOO_MANY = [
  ...written(String.raw`
    .*.*.*.*.*x .*\s*.*\s*.*\s*.*\s*.*x \w+\w+\w+\w+\w+! (a|b)*(a|b)*(a|b)*(a|b)*(a|b)*c (a?){30}a{30}
    (a?){26}a{26}x (|){30}x (a?|b?){12}x
  `),
  `${'a?'.repeat(30)}${'a'.repeat(30)}`,
  `${'(a|a)'.repeat(30)}x`,
  `(?#\\Q)${'(a|a)'.repeat(30)}(b|c)|aaaa`,
  '(a|a){9}{}x',
];
const UNJUDGED = [
  '(?#\\Q)(x(?1)?z)',
  '(?<é>a(?&é)?b)',
  '(?<é>a(?P>é)?b)',
  'a(?R(1))?b',
  'a(?R)?b',
  '(a)(?1)',
  '(?<n>a)(?&n)',
  '(?<n>a)(?P>n)',
  '(?<n>a)\\g<n>',
  '(a)?(?(1)b|c)',
];

/** Each sets something of the engine, or steers it, at the head of an expression or further within. */
const VERBS = written(`
  UTF UTF8 UCP NO_JIT NO_START_OPT NO_AUTO_POSSESS NO_DOTSTAR_ANCHOR NOTEMPTY NOTEMPTY_ATSTART
  LIMIT_MATCH=1 LIMIT_HEAP=1 LIMIT_DEPTH=1 LIMIT_RECURSION=1
  CRLF CR LF ANYCRLF ANY NUL BSR_ANYCRLF BSR_UNICODE CASELESS_RESTRICT
  ACCEPT COMMIT PRUNE SKIP THEN FAIL F MARK:a :a SKIP:a PRUNE:a THEN:a
  pla:a positive_lookahead:a nla:a plb:a napla:a atomic:a sr:a script_run:a asr:a
`).flatMap((verb) => [
  `(*${verb})a`,
  `(*UTF8)(*${verb})a`,
  `^b(?:a|(*${verb}))`,
  `[^\\1\\9](*${verb})`,
  `b{,3}*|(*${verb})`,
]);
const DISGUISED_VERBS = DISGUISES.flatMap((disguise) => [
  `${disguise}(*ACCEPT)zzz`,
  `${disguise}(*COMMIT)q|c`,
  `${disguise}(?C)`,
]);
/** Behind syntax that the judge does not know. */
const UNKNOWN_BEFORE = [
  String.raw`[[:none:]](*F)`,
  String.raw`(?<n a)(*ACCEPT)b`,
  String.raw`a)\\(*F)`,
  '*(?C1)',
  ...written(String.raw`a)\c\(*F) a)\Q\\E(*F) a)(?#\)(*F)`),
];
/** Other engines read them in another way, and see other parts of the expression as text. */
const UNCLEAR = [
  ...['(?xx)[ ]#](a+)+$', '(?ixx:a)', '(?^xx)(a)'],
  ...['\u0085', '\u200e', '\u200f', '\u2028', '\u2029'].map((blank) => `(?x)(a${blank}+)+$`),
  ...['(\\x{ 41 }*)*', '(\\o{ 101 }*)*', '(\\N{ U+41 }*)*', '([\\x{\t41}]*)*'],
];
const CALLOUTS = ['(?C)a', '(?C255)a', 'a(?C"text")', 'a(?C`(`)b', '(?C'];

/** Lookalikes: text, a part of a class, a comment, or nothing at all. */
const NO_VERBS = [
  ...written(String.raw`
    \(*UCP\) \(\*UCP\) [(*UCP)] [](*UCP)] [^](*UCP)] [[:alpha:](*F)] [\1(*F)] \Q(*F)\E \Q(*F) [\Q](*F)\E] [\E](*F)] [\Q\E](*F)] [^\Q\E](*F)] x\Q(?#\E\(*F\) \Q\Q(*F)\E \c\\(*F\) (?#(*F)a (*) \(?C
  `),
  '(?x)a #(*F)\n',
  '(* UCP)',
];

const FINE = [
  ...written(String.raw`
    ab\Xc ab\C+c (a|b)*\X ^JOB-[0-9]{4} ^can|out$ id$ (foo,)*bar ([a-z]+-)*[0-9]+$ ^(?!job-a).*b \bfoo\b
    (\d{1,3}\.){3}\d{1,3} .*error.*timeout.* .*foo.*bar.* .*a.*b.*c.*d.* a++b (?>a+)+b ^\s*$
    [[:alpha:]]+@[[:alpha:]]+\.com (a|b)*c (ab?)*c "(?:[^"\\]|\\.)*" (?i)abc é{2,} (a++)*x
    ^(https?:\/\/)?[^\s/]+\/.*$ \Q(a+)+\E \Q(a+)+ (?#\E)\Q(a+)+\E \Q\\Q(a+)+\E (a\Q+\E)+x (a\Q{2,}\E)+x (?:a{2\Q,}\E)+x [\Q]\E(a+)+]
    [\E](a+)+] ([\Qa-c\E]|b)+x ([a\Q-\Ec]|b)+x [(a+)+] \(a+\)+ (?#(a+)+)b a{,3}b (\S+\s+)*x ([^a]*a)*b
    (\w|[^\x00-\x7f])+x [\w-.]+@[\w-.]+\.\w+ (\w+\.)*\w+@(\w+\.)+\w{2,} ^\d+\.?\d*\.?\d*$
    .{0,200}foo.{0,200}bar (?:(?!foo).)*bar ^(?=.*\d)(?=.*[a-z]).{8,}$ (\w)\1 (\p{L}+\s)*x
    (\p{Hangul}+\P{Hangul}+)*x ([가-힣]+\s)*x (error|fail|timeout)+ [0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}
    ([0-9a-f]{2}[:-]?){6} ^[^:]+:[^:]+:[^:]+$ (\d+\.?){4} ^\s*\w+\s+\w+\s+\w+\s+\w+\s+\w+\s*$
  `),
  '',
  '(?x)a + # (a+)+',
  ...['(a{ 2 }b)*c', '(?x)(a{ 2 }b)*c', '(a{,3}b{ 1,}+c)*x', '^a{,3}.*b{ 3 }?.*$'],
  '\\[ERROR\\].*(?:connection|socket) (?:refused|reset)',
];
const UNREADABLE = [
  ...written(String.raw`
    ( a) *a (a+)+( a)\(*F) (a+)+) [z-a] [ [[:none:]] (?<n a{3,2} (\x{110000}) ([a-\x{110000}]) (\x{ffffffffffffffff}) (\o{4200000}) ([\Qa) (a\Q)
  `),
  '\\',
  '('.repeat(999),
];

/** Enumerations of job names. */
const LISTS = ['job-', '', 'a'].map((prefix) =>
  Array.from({ length: 110 }, (_, i) => `${prefix}${(100 + i * 7).toString()}`).join('|'),
);

describe('an expression is refused', () => {
  test.each(EXPONENTIAL)('%s', (expression) => {
    expect(findRunaway(expression)).toMatch(/^`.+` can match the same text in exponentially many ways$/su);
  });
  test.each(TOO_MANY)('%s', (expression) => {
    expect(findRunaway(expression)).toMatch(
      /^`.+` can match the same text in too many ways$|^the expression is too complex to/u,
    );
  });
  test.each([...VERBS, ...DISGUISED_VERBS, ...CALLOUTS, ...UNKNOWN_BEFORE])('%s', (expression) => {
    expect(findRunaway(expression)).toMatch(
      /^`.+` is not supported: an expression sets nothing of the engine$/u,
    );
  });
  test.each(UNCLEAR)('%s', (expression) => {
    expect(findRunaway(expression)).toMatch(/^`.+` is not supported: engines differ in what it means$/su);
  });
  test.each(UNJUDGED)('%s', (expression) => {
    expect(findRunaway(expression)).toMatch(/^`.+` is not supported: it could backtrack without bound$/u);
  });
});

describe('an expression passes', () => {
  test.each([...FINE, ...NO_VERBS, ...IN_USE, ...LISTS, ...LISTS.map((list) => `^(${list})+$`)])(
    '%s',
    (expression) => {
      expect(findRunaway(expression)).toBeUndefined();
    },
  );
  test.each(UNREADABLE)('%s, which MongoDB refuses', (expression) => {
    expect(findRunaway(expression)).toBeUndefined();
  });
});

test('the reason names the construct, in at most 40 characters', () => {
  const reason = 'can match the same text in exponentially many ways';
  expect(findRunaway('^x*(a+)+$')).toBe(`\`(a+)+\` ${reason}`);
  expect(findRunaway(`(${'é'.repeat(60)}|(a|a)*)+`)).toBe(`\`(${'é'.repeat(38)}…\` ${reason}`);
});

const PIECES = written(String.raw`a b . \w \d [a-z] [^x] ( (?: (?= (?> ) ) | * + ?`);
const MORE = written(String.raw`{2,5} {30} {1,200} *+ é 한 \p{L} \s $ \x{3b1} [à-ÿ] foo \1 [ \Q`);
const LONGEST = ['.*', 'a?', '(a|b|c)?', 'x{1,200}', '(\\w?', '(?=a+)', '\\p{L}', 'ā|', '[^a]{30}', '(a|'];

/** Expressions of up to 1 KiB, and some that ask for the most work. */
const anything = fc.oneof(
  fc.array(fc.constantFrom(...PIECES, ...MORE), { maxLength: 500 }).map((pieces) => pieces.join('')),
  fc.tuple(fc.constantFrom(...LONGEST), fc.constantFrom('', ')', ')*')).map(([piece, close]) => {
    const times = Math.floor(1024 / Buffer.byteLength(piece + close));
    return piece.repeat(Math.min(times, 240)) + close.repeat(Math.min(times, 240));
  }),
);

/** Milliseconds of CPU time of the quickest of five judgements. */
function cpuTimeOf(expression: string): number {
  const durations = Array.from({ length: 5 }, () => {
    const begin = process.cpuUsage();
    findRunaway(expression);
    const { user, system } = process.cpuUsage(begin);
    return (user + system) / 1000;
  });
  return Math.min(...durations);
}

timed('in time', () => {
  test('any expression of 1 KiB is judged within 50 ms, in a reason of 120 characters', () => {
    fc.assert(
      fc.property(anything, (expression) => {
        fc.pre(Buffer.byteLength(expression) <= 1024);
        expect(cpuTimeOf(expression)).toBeLessThan(50);
        expect((findRunaway(expression) ?? 'fine').length).toBeLessThanOrEqual(120);
      }),
      { seed: 20230520, numRuns: 300 },
    );
  });
});

/** An expression with a matcher that tries everything in turn, as PCRE does, and counts its steps. */
interface Tried {
  readonly source: string;
  readonly tries: (run: Run, at: number, then: (at: number) => boolean) => boolean;
}

interface Run {
  readonly text: string;
  steps: number;
}

const LIMIT = 500_000;

const letter = (character: string): Tried => ({
  source: character,
  tries: (run, at, then) => ++run.steps < LIMIT && run.text[at] === character && then(at + 1),
});

const both = (one: Tried, other: Tried): Tried => ({
  source: one.source + other.source,
  tries: (run, at, then) => one.tries(run, at, (next) => other.tries(run, next, then)),
});

const either = (one: Tried, other: Tried): Tried => ({
  source: `(?:${one.source}|${other.source})`,
  tries: (run, at, then) => one.tries(run, at, then) || other.tries(run, at, then),
});

function repeated(body: Tried, quantifier: string, min: number, max: number): Tried {
  const from = (run: Run, at: number, round: number, then: (at: number) => boolean): boolean => {
    const again = (next: number): boolean => (next > at || round < min) && from(run, next, round + 1, then);
    return ++run.steps < LIMIT && ((round < max && body.tries(run, at, again)) || (round >= min && then(at)));
  };
  return { source: `(?:${body.source})${quantifier}`, tries: (run, at, then) => from(run, at, 0, then) };
}

const QUANTIFIERS = [
  ['*', 0, Infinity],
  ['+', 1, Infinity],
  ['?', 0, 1],
  ['{2,3}', 2, 3],
  ['{1,12}', 1, 12],
  ['{2,}', 2, Infinity],
] as const;

const { tried } = fc.letrec<{ tried: Tried }>((tie) => ({
  tried: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom('a', 'b').map(letter),
    fc.tuple(tie('tried'), tie('tried')).map(([one, other]) => both(one, other)),
    fc.tuple(tie('tried'), tie('tried')).map(([one, other]) => either(one, other)),
    fc
      .tuple(tie('tried'), fc.constantFrom(...QUANTIFIERS))
      .map(([body, [quantifier, min, max]]) => repeated(body, quantifier, min, max)),
  ),
}));

const TEXTS = ['a', 'b', 'ab', 'aab', 'abb'].flatMap((unit) =>
  ['', 'b', 'a'].map((end) => unit.repeat(36) + end),
);

function stepsOn({ tries }: Tried, text: string): number {
  const run = { text: text.slice(-40), steps: 0 };
  tries(run, 0, () => false);
  return run.steps;
}

/** The most steps that failing takes: nothing has `!` after it. A text that takes too many ends the search. */
const mostSteps = (expression: Tried): number =>
  TEXTS.reduce((most, text) => (most < LIMIT ? Math.max(most, stepsOn(expression, text)) : most), 0);

test('an expression that passes takes few steps to fail', () => {
  let refused = 0;
  let proven = 0;
  fc.assert(
    fc.property(tried, (each) => {
      const fine = findRunaway(`${each.source}!`) === undefined;
      const steps = mostSteps(each);
      if (fine) expect(steps).toBeLessThan(LIMIT);
      if (!fine) refused++;
      if (!fine && steps >= LIMIT) proven++;
    }),
    { seed: 20230520, numRuns: 600 },
  );
  expect(refused).toBeGreaterThan(50);
  expect(proven / refused).toBeGreaterThan(0.5);
});
