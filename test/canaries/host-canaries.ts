/** Planted bugs in what a process keeps on its disk: journal, checkpoint, identity, recovery. */
import type { Canary } from './canary.ts';

export const HOST_CANARIES: readonly Canary[] = [
  {
    name: 'small groups of entries are not fsynced',
    file: 'host/journal-writer.ts',
    find: '      this.#file.syncInPlace();\n',
    replace: '',
  },
  {
    name: 'a failed fsync is taken for one that will succeed later',
    file: 'host/journal-writer.ts',
    find: '      this.#file.writeInPlace();\n      this.#file.syncInPlace();\n',
    replace:
      '      this.#file.writeInPlace();\n' +
      '      try {\n' +
      '        this.#file.syncInPlace();\n' +
      '      } catch (error) {\n' +
      "        if (!String(error).includes('EIO')) throw error;\n      }\n",
  },
  {
    name: 'the header of a new segment is not fsynced',
    file: 'host/segment-file.ts',
    find: '    await io.fsync(fd);\n    const path = join(directory, segmentName(header.first));',
    replace: '    const path = join(directory, segmentName(header.first));',
  },
  {
    name: 'the name of a new segment is not durable: directory fsync skipped',
    file: 'host/segment-file.ts',
    find:
      '    await syncDirectory(io, directory);\n' +
      '    return { path, header, seed };',
    replace: '    return { path, header, seed };',
  },
  {
    name: 'a replaced file is not durable: directory fsync skipped',
    file: 'host/durable-file.ts',
    find: '    await syncParent(io, path);\n',
    replace: '',
  },
  {
    name: 'a replaced file is renamed before it is fsynced',
    file: 'host/durable-file.ts',
    find: '    await writeContent(fd);\n    await io.fsync(fd);\n',
    replace: '    await writeContent(fd);\n',
  },
  {
    name: 'the name of a segment that a killed process left is not made durable',
    file: 'host/journal-open.ts',
    find: '  await syncParent(io, directory);\n  await syncDirectory(io, directory);\n  if',
    replace: '  if',
  },
  {
    name: 'truncation at damage: whatever is broken passes for a torn tail',
    file: 'wire/journal-scan.ts',
    find: 'if (vouchedSeq >= expected || isVouchedLater(records, end, seed, expected)) {',
    replace: 'if (vouchedSeq < 0 && isVouchedLater(records, end, seed, expected)) {',
  },
  {
    name: 'a torn tail stays where the next entry is written',
    file: 'host/journal-open.ts',
    find: 'if (torn !== undefined) await zeroRange(io, fd, torn.offset, torn.offset + torn.bytes);',
    replace: '',
  },
  {
    name: 'what a start found in the page cache is taken for durable',
    file: 'host/journal-open.ts',
    find: 'if (doubtfulFrom < end) await writeAgain(io, fd, doubtfulFrom, end);',
    replace: '',
  },
  {
    name: 'a cut that was begun is forgotten by a crash',
    file: 'host/journal-open.ts',
    find: 'if (cut !== undefined) {',
    replace: 'if (cut !== undefined && cut.offset < 0) {',
  },
  {
    name: 'bodies of entries are read without their checksum and hash',
    file: 'wire/journal-entry.ts',
    find: 'if (view.getUint32(crcAt, true) !== crc32(bytes.subarray(bodyAt, crcAt), headerCrc)) {',
    replace:
      'const hashEntry = () => hex(bytes, crcAt - HASH_BYTES, HASH_BYTES);\n' +
      '  if (view.getUint32(crcAt, true) < 0 * crc32(bytes, headerCrc)) {',
  },
  {
    name: 'the scrub looks at nothing',
    file: 'host/journal-scrub.ts',
    find: 'if (this.#options.bytesPerSecond > 0) this.#schedule(TICK_MS);',
    replace: 'if (this.#options.bytesPerSecond < 0) this.#schedule(TICK_MS);',
  },
  {
    name: 'the journal is not fsynced before a promise is saved',
    file: 'host/replica.ts',
    find: '      await this.#parts.journal?.flush();\n      await this.#writePromise(promise);',
    replace: '      await this.#writePromise(promise);',
  },
  {
    name: 'a promise is not saved',
    file: 'host/replica.ts',
    find: '      await this.#writePromise(promise);',
    replace: '      if (promise === undefined) await this.#writePromise(promise);',
  },
  {
    name: 'a promise that finds no room on the disk counts as saved',
    file: 'host/replica.ts',
    find: "if (!(error instanceof EnvironmentError) || error.kind !== 'disk-full') throw error;",
    replace: "if (!(error instanceof EnvironmentError) || error.kind !== 'disk-full') throw error;"
      + ' else return;',
  },
  {
    name: 'a checkpoint is saved before its entry is committed',
    file: 'host/checkpointer.ts',
    find: 'this.#frozen = { entry: { seq, entryEpoch, hash }, ledger, image };',
    replace:
      'this.#frozen = { entry: { seq, entryEpoch, hash }, ledger, image };\n' +
      '    this.#save(this.#frozen);',
  },
  {
    name: 'sessions are forgotten at a restart: not taken from the checkpoint',
    file: 'core/ledger.ts',
    find:
      'const sessions = SessionTable.restore(' +
      "table('leases'), table('sessions'), all.leasesMax, runs);",
    replace: 'const sessions = new SessionTable(all.leasesMax, runs);',
  },
  {
    name: 'keys are forgotten at a restart: not taken from the checkpoint',
    file: 'core/ledger.ts',
    find: "const keys = KeyTable.restore(table('keys'), all.keysMax, {",
    replace: 'const keys = new KeyTable(all.keysMax); void ({',
  },
  {
    name: 'a wiped directory gets the incarnation that it had',
    file: 'host/recovery.ts',
    find: 'const incarnation = randomBytes(16).toHex() as Incarnation;',
    replace: "const incarnation = String(backend).padStart(32, '0') as Incarnation;",
  },
  {
    name: 'the identity stays where the other files are set aside',
    file: 'host/data-directory.ts',
    find: "const CONTENTS = ['identity', 'checkpoint', 'journal'] as const;",
    replace: "const CONTENTS = ['checkpoint', 'journal'] as const;",
  },
  {
    name: "a backend works with another backend's directory",
    file: 'host/recovery.ts',
    find: 'if (known.backend !== backend) {',
    replace: 'if (known.backend < 0) {',
  },
  {
    name: 'entries are reported durable before their fsync has ended',
    file: 'host/journal-writer.ts',
    find: 'await this.#file.sync();',
    replace: 'void this.#file.sync();',
  },
  {
    name: 'what stands in a block is lost when more is written into it',
    file: 'host/block-writer.ts',
    find: 'this.#held = rest;',
    replace: 'this.#held = 0 * rest;',
  },
  {
    name: 'damage in a checkpoint is not noticed',
    file: 'host/file-checkpoint.ts',
    find: 'if (read < page.byteLength || crc32(bytesOf(page)) !== checksum) {',
    replace: 'if (read < page.byteLength && checksum >= 0) {',
  },
];
