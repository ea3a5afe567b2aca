/** Rows to operations: those of a chunk, with what is refused before the bank is asked. */
import type { Operation } from '../../core/operation.ts';
import type { Refused } from '../refusal.ts';
import type { RowKind } from './columns.ts';
import { badRow, operationOf, type FindAccount } from './row-operation.ts';
import type { Row } from './rows.ts';

export interface Plan {
  readonly rows: readonly Row[];
  /** To be sent, in the order of the rows. */
  readonly operations: readonly Operation[];
  /** For each row: why it is not sent; undefined: the next of the operations is its own. */
  readonly refused: readonly (Refused | undefined)[];
}

/** `batch` is the name that the keys of rows without a key begin with. */
export function planRows(
  kind: RowKind, rows: readonly Row[], batch: string, find: FindAccount,
): Plan {
  const operations: Operation[] = [];
  const refused = rows.map(({ line, fields, trouble }) => {
    const made = trouble === undefined
      ? operationOf(kind, fields, `${batch}:${line}`, find) : badRow(trouble);
    if ('word' in made) return made;
    operations.push(made);
    return undefined;
  });
  return { rows, operations, refused };
}
