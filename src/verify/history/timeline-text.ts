/** A timeline as lines of text: `├─ WITHDRAW 100 5.00 → 45.00 ─┤`, and a row for each client. */
import type { Timeline, Bar } from './timeline.ts';

/** What is wider is shown with letters in the bars, and what they stand for below. */
const WIDTH_MAX = 110;
const COLUMNS_BETWEEN = 3;

export function timelineText(timeline: Timeline): readonly string[] {
  const { rows, width } = timeline;
  const names = rows.map((process) => `client ${process}`);
  const indent = Math.max(0, ...names.map((name) => name.length)) + 2;
  if (indent + width <= WIDTH_MAX) {
    return names.map((name, row) => name.padEnd(indent) + rowText(timeline, row));
  }
  const letters = timeline.bars.map((_, at) => letterOf(at));
  const narrow = narrowed(timeline, letters);
  return [
    ...names.map((name, row) => name.padEnd(indent) + rowText(narrow, row)),
    ...timeline.bars.map(({ label, isOptional }, at) =>
      `${' '.repeat(indent)}${letters[at]}  ${label}${isOptional ? ' (or not)' : ''}`),
  ];
}

function rowText({ bars }: Timeline, row: number): string {
  let text = '';
  for (const bar of bars.filter((each) => each.row === row)) {
    text = text.padEnd(bar.start) + barText(bar);
  }
  return text;
}

function barText({ start, end, label, isOpen, isOptional }: Bar): string {
  const line = isOptional ? '┄' : '─';
  const middle = `${line} ${label} `.padEnd(Math.max(0, end - start - 1), line);
  return `├${middle}${isOpen ? '┄' : '┤'}`;
}

/** The same order of moments, as close together as letters allow. */
function narrowed(timeline: Timeline, letters: readonly string[]): Timeline {
  const columns = new Map<number, number>();
  const moments = timeline.bars.flatMap(({ start, end }) => [start, end]);
  for (const moment of moments.sort((one, other) => one - other)) {
    if (!columns.has(moment)) columns.set(moment, columns.size * COLUMNS_BETWEEN);
  }
  const bars = timeline.bars.map((bar, at) => {
    const start = columns.get(bar.start) ?? 0;
    const end = Math.max(columns.get(bar.end) ?? 0, start + 5);
    return { ...bar, start, end, label: letters[at] ?? '' };
  });
  return { ...timeline, bars };
}

/** A, B, …, Z, A1, … */
function letterOf(at: number): string {
  const letter = String.fromCharCode(65 + (at % 26));
  return at < 26 ? letter : `${letter}${Math.floor(at / 26)}`;
}
