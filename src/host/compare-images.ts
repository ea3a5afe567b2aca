/**
 * Finds where two images of a ledger differ; what stands behind a table's last record does not
 * count.
 */
import type { LedgerImage } from '../core/ledger.ts';
import { PAGE_FIELDS, type TableImage } from '../core/paged-table.ts';

/** What differs first, in words; undefined where nothing does. */
export function findDifference(one: LedgerImage, other: LedgerImage): string | undefined {
  for (const name of new Set([...Object.keys(one.scalars), ...Object.keys(other.scalars)])) {
    if (one.scalars[name] !== other.scalars[name]) return `${name} is another`;
  }
  if (one.tables.length !== other.tables.length) return 'there are other tables';
  for (const table of one.tables) {
    const counterpart = other.tables.find((candidate) => candidate.name === table.name);
    const difference = counterpart && findInTable(table, counterpart);
    if (counterpart === undefined || difference !== undefined) {
      return difference ?? `the table ${table.name} is missing`;
    }
  }
  return undefined;
}

function findInTable(one: TableImage, other: TableImage): string | undefined {
  const { name, fields, records } = one;
  if (fields !== other.fields || records !== other.records) {
    return `the table ${name} has another size`;
  }
  const total = records * fields;
  for (const [index, page] of one.pages.entries()) {
    const counterpart = other.pages[index];
    const used = Math.min(PAGE_FIELDS, total - index * PAGE_FIELDS);
    if (used <= 0) break;
    if (counterpart === undefined) return `the table ${name} lacks a page`;
    const at = page.subarray(0, used).findIndex(
      (value, field) => !Object.is(value, counterpart[field])
    );
    if (at >= 0) {
      return `record ${Math.floor((index * PAGE_FIELDS + at) / fields)} of ${name} is another`;
    }
  }
  return undefined;
}
