/**
 * Compares a checkpoint with the twin's state at the same entry, field by field, down to the
 * scalars and the rings of runs and keys. Pure.
 *
 * What stands behind a table's last record does not count: it is undefined.
 */
import type { LedgerImage, TableImage } from '../../core/ledger.ts';
import { PAGE_FIELDS } from '../../core/paged-table.ts';
import type { LedgerTwin } from '../twin/ledger-twin.ts';
import type { TwinTable } from '../twin/twin-table.ts';

const FIRST_ACCOUNT = 100;

/** What differs first, in words; undefined where nothing does. */
export function compareCheckpoint(image: LedgerImage, twin: LedgerTwin): string | undefined {
  const expected = twin.scalars();
  for (const name of new Set([...Object.keys(expected), ...Object.keys(image.scalars)])) {
    const [found, right] = [image.scalars[name], expected[name]];
    if (found !== right) return `${name} is ${found}, not ${right}`;
  }
  const tables = twin.tables();
  if (image.tables.length !== tables.length) return 'it has other tables';
  for (const table of tables) {
    const found = image.tables.find(({ name }) => name === table.name);
    if (found === undefined) return `the table ${table.name} is missing`;
    const difference = compareTable(found, table);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function compareTable(image: TableImage, table: TwinTable): string | undefined {
  const width = table.fields.length;
  if (image.fields !== width) return `the records of ${table.name} have another size`;
  if (image.records !== table.records) {
    return `it has ${image.records} ${table.name}, not ${table.records}`;
  }
  if (image.pages.length !== Math.ceil((table.records * width) / PAGE_FIELDS)) {
    return `the table ${table.name} has another count of pages`;
  }
  for (let record = 0; record < table.records; record += 1) {
    for (let field = 0; field < width; field += 1) {
      const at = record * width + field;
      const found = image.pages[Math.floor(at / PAGE_FIELDS)]?.[at % PAGE_FIELDS];
      const right = table.get(record, field);
      if (found === right) continue;
      return `${nameOf(table, record)}: ${table.fields[field]} is ${found}, not ${right}`;
    }
  }
  return undefined;
}

function nameOf({ name }: TwinTable, record: number): string {
  return name === 'accounts' ? `account ${FIRST_ACCOUNT + record}` : `record ${record} of ${name}`;
}
