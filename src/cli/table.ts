/** Tables for people: a line for each row. The columns of numbers end alike. */
import { oneLine } from './quote.ts';

export function alignColumns(
  rows: readonly (readonly string[])[], numbers: readonly number[] = [],
): readonly string[] {
  const widths: number[] = [];
  for (const cells of rows) {
    for (const [column, cell] of cells.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    }
  }
  const align = (cell: string, column: number): string => {
    const width = widths[column] ?? 0;
    return numbers.includes(column) ? cell.padStart(width) : cell.padEnd(width);
  };
  return rows.map((cells) => cells.map(align).join('  ').trimEnd());
}

/** A value from elsewhere: on one line, in the order in which its letters stand; `-` for none. */
export function cellOf(value: string | number | null | undefined): string {
  if (value === undefined || value === null || value === '') return '-';
  return oneLine(String(value)).replaceAll(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '');
}
