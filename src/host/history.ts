/** Pages of the history, from the journal. */
import { present } from '../core/assert.ts';
import type { ExecutedEntry } from '../core/entry.ts';
import { HistoryPageWriter, type Position } from '../core/history-page.ts';
import type { Seq } from '../core/ids.ts';

/** Small entries are many: a page takes no longer than so many of them. */
const ENTRIES_MAX = 1_000;

/** The page that begins there; `read` gives every entry up to the last. */
export async function readHistory(
  from: Position, lastSeq: Seq, read: (seq: Seq) => Promise<ExecutedEntry | undefined>,
): Promise<Uint8Array> {
  const page = new HistoryPageWriter(from, lastSeq);
  for (let count = 0; count < ENTRIES_MAX; count += 1) {
    const seq = page.wanted;
    if (seq === undefined) break;
    page.add(present(await read(seq as Seq), 'what was executed is in the journal'));
  }
  return page.finish();
}
