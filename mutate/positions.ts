// Positions of TypeScript sources in the compiled scripts, by their source maps.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Decodes the base64 VLQ numbers of one segment of a source map. */
function decodeSegment(segment: string): readonly number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const digit of segment) {
    const bits = DIGITS.indexOf(digit);
    value |= (bits & 31) << shift;
    shift += 5;
    if ((bits & 32) !== 0) continue;
    numbers.push((value & 1) === 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}

interface Mapping {
  readonly line: number;
  readonly column: number;
  /** The offset in the script. */
  readonly offset: number;
}

/** The offset of the start of each line. */
function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return starts;
}

function decodeMappings(mappings: string, script: string): readonly Mapping[] {
  const starts = lineStarts(script);
  let [line, column] = [0, 0];
  return mappings.split(';').flatMap((segments, scriptLine) => {
    let scriptColumn = 0;
    return segments.split(',').flatMap((segment) => {
      const [toColumn = 0, , toLine = 0, toSourceColumn = 0] = decodeSegment(segment);
      if (segment === '') return [];
      scriptColumn += toColumn;
      line += toLine;
      column += toSourceColumn;
      return [{ line, column, offset: (starts[scriptLine] ?? 0) + scriptColumn }];
    });
  });
}

export interface Positions {
  /** The offset in the compiled script of an offset in `file`; undefined: the line has no code. */
  offsetOf(file: string, offset: number): number | undefined;
}

interface Source {
  readonly starts: readonly number[];
  /** The mappings by line, in ascending order of columns. */
  readonly lines: ReadonlyMap<number, readonly Mapping[]>;
}

function readSource(root: string, file: string): Source {
  const script = join(root, 'build', file.replace(/\.ts$/, '.js'));
  const map: unknown = JSON.parse(readFileSync(`${script}.map`, 'utf8'));
  const mappings = typeof map === 'object' && map !== null && 'mappings' in map ? String(map.mappings) : '';
  const all = decodeMappings(mappings, readFileSync(script, 'utf8'));
  const lines = new Map<number, Mapping[]>();
  for (const mapping of all.toSorted((one, other) => one.column - other.column))
    lines.set(mapping.line, [...(lines.get(mapping.line) ?? []), mapping]);
  return { starts: lineStarts(readFileSync(join(root, file), 'utf8')), lines };
}

/** Locates offsets of the sources below `root` in its build. */
export function createPositions(root: string): Positions {
  const sources = new Map<string, Source>();
  const sourceOf = (file: string): Source => {
    const known = sources.get(file) ?? readSource(root, file);
    sources.set(file, known);
    return known;
  };
  return {
    offsetOf(file, offset) {
      const { starts, lines } = sourceOf(file);
      const line = starts.findLastIndex((start) => start <= offset);
      const column = offset - (starts[line] ?? 0);
      return lines.get(line)?.findLast((mapping) => mapping.column <= column)?.offset;
    },
  };
}
