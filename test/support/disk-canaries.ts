/** Planted bugs of what a backend does with its disk: see `canaries.ts`. */
import type { Canary } from './canary-list.ts';

export const DISK_CANARIES: readonly Canary[] = [
  {
    name: 'entries are reported before their fsync',
    file: 'host/journal-writer.ts',
    find: 'await this.#sync(end - start);',
    replace: 'void this.#sync(end - start);',
  },
  {
    name: 'a segment is used before its name is durable',
    file: 'host/segment-file.ts',
    find: 'await io.rename(sparePath, path);\n    await syncDirectory(io, directory);',
    replace: 'await io.rename(sparePath, path);',
  },
  {
    name: 'what a start finds in the page cache is taken for durable',
    file: 'host/journal-open.ts',
    find: 'if (doubtfulFrom < end) await writeAgain(io, fd, doubtfulFrom, end);',
    replace: '',
  },
  {
    name: 'a broken record that is vouched for is cut as a torn tail',
    file: 'wire/journal-scan.ts',
    find: 'if (vouchedSeq >= expected || isVouchedLater(records, end, seed, expected)) {',
    replace: 'if (vouchedSeq < 0 && isVouchedLater(records, end, seed, expected)) {',
  },
  {
    name: 'a small file is renamed before it is durable',
    file: 'host/durable-file.ts',
    find: '    await io.fsync(fd);\n',
    replace: '',
  },
  {
    name: 'a small file is replaced and its directory not synced',
    file: 'host/durable-file.ts',
    find: '    await io.rename(temporary, path);\n    await syncParent(io, path);',
    replace: '    await io.rename(temporary, path);',
  },
  {
    name: 'a promise is told before it is durable',
    file: 'host/replica.ts',
    find: 'await this.#writePromise(promise);',
    replace: 'void this.#writePromise(promise);',
  },
  {
    name: 'a promise is told before the journal is durable',
    file: 'host/replica.ts',
    find: 'await this.#parts.journal?.flush();',
    replace: '',
  },
  {
    name: 'a checkpoint is saved before it is decided',
    file: 'host/checkpointer.ts',
    find: 'ledger, image: ledger.snapshot() };',
    replace: 'ledger, image: ledger.snapshot() }; this.#save(this.#frozen);',
  },
  {
    name: 'the directory of another backend is taken',
    file: 'host/recovery.ts',
    find: 'if (known.backend !== backend) {',
    replace: 'if (known.backend > 99) {',
  },
  {
    name: 'a tail is dropped without the intention made durable first',
    file: 'host/journal-cut.ts',
    find: "await writeRecordFile(io, join(directory, 'cut'), cut);",
    replace: 'await Promise.resolve([io, directory, cut]);',
  },
  {
    name: 'a failed fsync is forgotten',
    file: 'host/journal-writer.ts',
    find: 'if (this.#pace.isInPlace(groupBytes)) this.#io.fdatasyncInPlace(this.#fd);\n'
      + '    else await this.#io.fdatasync(this.#fd);',
    replace: 'try { if (this.#pace.isInPlace(groupBytes)) this.#io.fdatasyncInPlace(this.#fd);\n'
      + '    else await this.#io.fdatasync(this.#fd); } catch {}',
  },
  {
    name: 'damage in a checkpoint is not noticed',
    file: 'host/file-checkpoint.ts',
    find: 'if (read < PAGE_BYTES || crc32(bytesOf(page)) !== checksum) {',
    replace: 'if (read < PAGE_BYTES && checksum >= 0) {',
  },
];
