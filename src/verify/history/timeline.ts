/**
 * Where the operations of a witness lie in a picture: a row for each client (more, where one had
 * several outstanding), and columns in the order of their invocations and completions.
 */
import type { Operation, ProcessId } from './history.ts';
import { operationWords } from './operation-words.ts';

export interface Bar {
  readonly operation: Operation;
  readonly row: number;
  /** Columns of characters. */
  readonly start: number;
  readonly end: number;
  /** It was never answered, or not in this picture. */
  readonly isOpen: boolean;
  readonly isOptional: boolean;
  readonly label: string;
}

export interface Timeline {
  /** Who each row is of. */
  readonly rows: readonly ProcessId[];
  readonly bars: readonly Bar[];
  readonly width: number;
}

/** Beside its label a bar has two ends and two blanks. */
const BAR_EXTRA = 4;
const COLUMNS_BETWEEN = 2;

export function layOut(
  operations: readonly Operation[], optional: readonly Operation[],
): Timeline {
  const all = [...operations, ...optional].sort((one, other) => one.invoked - other.invoked);
  const isOptional = new Set(optional);
  const moments = momentsOf(all);
  const columns = columnsOf(all, moments);
  const width = Math.max(0, ...columns.values(), ...all.map((each) =>
    (columns.get(each.invoked) ?? 0) + operationWords(each).length + BAR_EXTRA));
  const rows: { process: ProcessId; free: number }[] = [];
  const bars = all.map((operation): Bar => {
    const { process, invoked, completed } = operation;
    const isOpen = completed === Infinity;
    let row = rows.findIndex((each) => each.process === process && each.free < invoked);
    if (row < 0) row = rows.push({ process, free: 0 }) - 1;
    rows[row] = { process, free: completed };
    return {
      operation, row, isOpen, label: operationWords(operation),
      isOptional: isOptional.has(operation),
      start: columns.get(invoked) ?? 0, end: isOpen ? width : (columns.get(completed) ?? 0),
    };
  });
  return { ...sortRows(rows.map(({ process }) => process), bars), width };
}

function momentsOf(operations: readonly Operation[]): number[] {
  const moments = operations.flatMap(({ invoked, completed }) => [invoked, completed]);
  return moments.filter((moment) => moment < Infinity).sort((one, other) => one - other);
}

/** The column of each moment, so far apart that the labels of what is completed fit. */
function columnsOf(
  operations: readonly Operation[], moments: readonly number[],
): ReadonlyMap<number, number> {
  const columns = new Map<number, number>();
  const completedAt = new Map(operations.map((each) => [each.completed, each]));
  let column = -COLUMNS_BETWEEN;
  for (const moment of moments) {
    column += COLUMNS_BETWEEN;
    const operation = completedAt.get(moment);
    if (operation !== undefined) {
      const least = (columns.get(operation.invoked) ?? 0) + operationWords(operation).length;
      column = Math.max(column, least + BAR_EXTRA - 1);
    }
    columns.set(moment, column);
  }
  return columns;
}

/** Rows in the order of their clients. */
function sortRows(
  processes: readonly ProcessId[], bars: readonly Bar[],
): { rows: readonly ProcessId[]; bars: readonly Bar[] } {
  const order = [...processes.keys()].sort((one, other) =>
    compare(processes[one] ?? '', processes[other] ?? '') || one - other);
  const rowOf = new Map(order.map((old, row) => [old, row]));
  return {
    rows: order.map((old) => processes[old] ?? ''),
    bars: bars.map((bar) => ({ ...bar, row: rowOf.get(bar.row) ?? 0 })),
  };
}

function compare(one: ProcessId, other: ProcessId): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return String(one) < String(other) ? -1 : 1;
}
