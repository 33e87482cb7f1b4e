/** Follows the reader's cursor over the columns of a chart, by pointer and by keyboard. */
import type { TargetedPointerEvent } from 'preact';
import { useState } from 'preact/hooks';

/** Takes a range of columns, both ends included. */
export type OnSelect = (first: number, last: number) => void;

interface Cursor {
  readonly column: number;
  /** The other end of a range; undefined while none is drawn. */
  readonly anchor: number | undefined;
}

const MOVES: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  Home: -Infinity,
  End: Infinity,
};

/** The columns from the cursor to its anchor. */
export const rangeOf = ({ column, anchor = column }: Cursor): readonly [number, number] => [
  Math.min(column, anchor),
  Math.max(column, anchor),
];

/** The cursor within columns 0 to `last`, and the handlers that move it. Without `onSelect` no range is drawn. */
export function useCursor(last: number, columnAt: (x: number) => number, onSelect: OnSelect | undefined) {
  const [cursor, setCursor] = useState<Cursor | undefined>(undefined);
  const nearest = (column: number): number => Math.min(Math.max(column, 0), last);
  const leave = (): void => setCursor(undefined);
  const select = (selected: Cursor): void => {
    leave();
    onSelect?.(...rangeOf(selected));
  };
  const move = (by: number, isExtending: boolean): void => {
    const before = cursor ?? { column: by > 0 ? -1 : last + 1, anchor: undefined };
    const anchor =
      isExtending && onSelect !== undefined ? (before.anchor ?? nearest(before.column)) : undefined;
    setCursor({ column: nearest(before.column + by), anchor });
  };
  const handlers = {
    onBlur: leave,
    onPointerLeave: leave,
    onKeyDown(event: KeyboardEvent) {
      const by = MOVES[event.key];
      if (event.key === 'Enter' && cursor !== undefined) select(cursor);
      if (event.key === 'Escape') leave();
      if (by === undefined) return;
      move(by, event.shiftKey);
      event.preventDefault();
    },
    onPointerDown(event: TargetedPointerEvent<SVGSVGElement>) {
      if (onSelect === undefined || event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      const column = nearest(columnAt(event.offsetX));
      setCursor({ column, anchor: column });
    },
    onPointerMove({ offsetX }: PointerEvent) {
      setCursor({ column: nearest(columnAt(offsetX)), anchor: cursor?.anchor });
    },
    onPointerUp() {
      if (cursor?.anchor !== undefined) select(cursor);
    },
  };
  return { cursor, handlers };
}
