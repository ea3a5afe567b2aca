/**
 * The control record as a file in the frontend's locked directory.
 *
 * Keeps true: a write takes effect only where the stored version is the one before the record's; it
 * is durable before it is called written, and called failed only where it certainly was not
 * applied. Where that can't be told, it throws, and takes no further write: the process starts
 * again from its disk.
 */
import { assert } from '../core/assert.ts';
import type { ControlOutcome } from '../core/effect.ts';
import {
  BACKENDS_MAX, type ClusterId, type Epoch, type OwnerId,
} from '../core/ids.ts';
import type { ControlRecord } from '../core/view.ts';
import { DurableWriteError, readRecordFile, writeRecordFile } from './durable-file.ts';
import { fromErrno, isNoSpace } from './environment-error.ts';
import type { FileSystem } from './file-system.ts';
import type { ControlStore } from './ports.ts';
import { RecordFields } from './record-fields.ts';

export class FileControlStore implements ControlStore {
  readonly #path: string;
  readonly #io: FileSystem;
  /** The version stored; undefined until it was read. 0: there is no record. */
  #version: number | undefined;
  #writing = false;
  #unknown: Error | undefined;

  constructor(directory: { readonly control: string }, io: FileSystem) {
    this.#path = directory.control;
    this.#io = io;
  }

  async load(): Promise<ControlRecord | undefined> {
    try {
      const fields = await readRecordFile(this.#io, this.#path);
      const record = fields && readControl(new RecordFields(this.#path, fields));
      this.#version = record?.version ?? 0;
      return record;
    } catch (error) {
      throw fromErrno(error, `read ${this.#path}`);
    }
  }

  async write(record: ControlRecord): Promise<ControlOutcome> {
    assert(!this.#writing, 'one write of the control record at a time');
    assert(record.view.members.length > 0, 'a view is never written empty');
    if (this.#unknown !== undefined) throw this.#unknown;
    this.#writing = true;
    try {
      if (this.#version === undefined) await this.load();
      if (record.version !== (this.#version ?? 0) + 1) return 'conflict';
      return await this.#replace(record);
    } finally {
      this.#writing = false;
    }
  }

  async #replace(record: ControlRecord): Promise<ControlOutcome> {
    try {
      await writeRecordFile(this.#io, this.#path, plain(record));
    } catch (error) {
      const cause = error instanceof DurableWriteError ? error.cause : error;
      const isApplied = !(error instanceof DurableWriteError) || error.applied === 'unknown';
      if (!isApplied && isNoSpace(cause)) return 'failed';
      this.#unknown = fromErrno(cause, `write ${this.#path}`);
      throw this.#unknown;
    }
    this.#version = record.version;
    return 'written';
  }
}

/** Exactly the fields that are read again. */
function plain(record: ControlRecord): ControlRecord {
  const { cluster, version, epoch, owner, view, commitFloor, count, recovered } = record;
  const members = view.members.map(({ id, incarnation }) => ({ id, incarnation }));
  return {
    cluster, version, epoch, owner, view: { number: view.number, members }, commitFloor, count,
    recovered,
  };
}

function readControl(fields: RecordFields): ControlRecord {
  const view = fields.view('view');
  if (view.members.length === 0) throw fields.bad('view');
  return {
    cluster: fields.hex('cluster', 16) as ClusterId,
    version: fields.count('version', 1),
    epoch: fields.count('epoch') as Epoch,
    owner: fields.hex('owner', 16) as OwnerId,
    view,
    commitFloor: fields.seq('commitFloor'),
    count: fields.count('count', 1, BACKENDS_MAX),
    recovered: fields.flag('recovered'),
  };
}
