// Lines of CSV: quoted cells, and cells that a spreadsheet must not compute.
import { expect, test } from '@jest/globals';
import { csvLine } from '../../src/wire/csv.js';

test.each<readonly [string, readonly (string | number | boolean)[], string]>([
  ['plain cells', ['a', 1, true, ''], 'a,1,true,\r\n'],
  ['no cell', [], '\r\n'],
  ['a comma', ['a,b'], '"a,b"\r\n'],
  ['quotes', ['say "a"'], '"say ""a"""\r\n'],
  ['line breaks', ['a\nb', 'c\r\nd'], '"a\nb","c\r\nd"\r\n'],
  ['blanks, which are part of a cell', [' a '], ' a \r\n'],
  ['other scripts', ['집 🏠'], '집 🏠\r\n'],
  ['=', ['=1+1'], "'=1+1\r\n"],
  ['+', ['+1'], "'+1\r\n"],
  ['-', ['-1'], "'-1\r\n"],
  ['@', ['@SUM(A1)'], "'@SUM(A1)\r\n"],
  ['a tab', ['\t=1'], '"\'\t=1"\r\n'],
  ['a carriage return', ['\r=1'], '"\'\r=1"\r\n'],
  ['a line feed', ['\n=1+1'], '"\'\n=1+1"\r\n'],
  ['a line break', ['\r\n@1'], '"\'\r\n@1"\r\n'],
  ['a tab, a line break or NUL alone', ['\tx', '\nx', '\rx', '\0x'], '"\'\tx","\'\nx","\'\rx",\'\0x\r\n'],
  ['full-width twins', ['＝1', '＋1', '－1', '＠1'], "'＝1,'＋1,'－1,'＠1\r\n"],
  ['small twins', ['﹦1', '﹢1', '﹣1', '﹫1'], "'﹦1,'﹢1,'﹣1,'﹫1\r\n"],
  ['blanks before it', ['  =1', '\u00a0+1', '\u3000-1', '\v@1'], "'  =1,'\u00a0+1,'\u3000-1,'\v@1\r\n"],
  ['a byte-order mark before it', ['\ufeff=1'], "'\ufeff=1\r\n"],
  ['invisible characters before it', ['\u200b=1', '\u202e\u0001=1'], "'\u200b=1,'\u202e\u0001=1\r\n"],
  ['fillers before it', ['\u3164=1', '\u115f\u1160\uffa0=1'], "'\u3164=1,'\u115f\u1160\uffa0=1\r\n"],
  ['selectors before it', ['\ufe0f=1', '\u180b\u{e0100}=1'], "'\ufe0f=1,'\u180b\u{e0100}=1\r\n"],
  ['joiners before it', ['\u034f=1', '\u17b4=1'], "'\u034f=1,'\u17b4=1\r\n"],
  ['an empty Braille pattern before it', ['\u2800=1'], "'\u2800=1\r\n"],
  ['quotes before it', ['"=1', "'=1", '`=1'], '"\'""=1",\'\'=1,\'`=1\r\n'],
  ['separators before it', [',=1', ';=1', '|=1'], '"\',=1","\';=1",\'|=1\r\n'],
  ['several of them before it', ['\ufeff ";\n＝1'], '"\'\ufeff "";\n＝1"\r\n'],
  ['other separators within', ['a;=1', 'a\t=1'], '"a;=1","a\t=1"\r\n'],
  ['blanks and quotes before a letter', [' a', "'a", '\ufeffa'], " a,'a,\ufeffa\r\n"],
  ['a sign behind a letter', ['a =1', '1-1'], 'a =1,1-1\r\n'],
  ['a number as text', ['-5', '5'], "'-5,5\r\n"],
  ['a formula with a comma', ['=cmd|"/c calc"!A1,'], '"\'=cmd|""/c calc""!A1,"\r\n'],
  ['a number below zero, which is no text', [-1], '-1\r\n'],
  ['a sign that is not the first', ['a=1'], 'a=1\r\n'],
])('a line of CSV has %s', (_, cells, line) => {
  expect(csvLine(cells)).toBe(line);
});
