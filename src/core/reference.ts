/**
 * The reference of a posting: a word of its user on what it is for, such as the number of an
 * invoice. It changes nothing; statements and exports read it from the journal.
 */
import { KIND } from './operation.ts';
import { isPlainText, readPlainText } from './plain-text.ts';
import { REFERENCE_BYTES_MAX } from './record.ts';

export { REFERENCE_BYTES_MAX } from './record.ts';

/** What posts money, or will. */
const POSTINGS: ReadonlySet<number> = new Set([
  KIND.create, KIND.update, KIND.deposit, KIND.withdraw, KIND.transfer, KIND.hold, KIND.capture,
  KIND.reverse,
]);

export function mayHaveReference(kind: number): boolean {
  return POSTINGS.has(kind);
}

/** 1 to 64 bytes of UTF-8, of the characters that names may have. */
export function isReference(text: string): boolean {
  return isPlainText(text, REFERENCE_BYTES_MAX);
}

/** In the extension record at `at`; undefined where none stands there. */
export function readReference(batch: DataView, at: number): string | undefined {
  return readPlainText(batch, at, REFERENCE_BYTES_MAX);
}
