/** Columns for people, a line each; the first row is of headings. */
import { oneLine } from './quote.ts';

export function alignColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const cells of rows) {
    for (const [column, cell] of cells.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    }
  }
  return rows.map((cells) =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
}

/** A value from elsewhere: on one line, in the order in which its letters stand; `-` for none. */
export function cellOf(value: string | number | null | undefined): string {
  if (value === undefined || value === null || value === '') return '-';
  return oneLine(String(value)).replaceAll(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '');
}
