/**
 * Who a backend's directory belongs to and what it has promised, in one small durable file.
 *
 * Keeps true: a promise is on the disk before `saveIdentity` resolves; whatever fails, the file
 * holds the old identity or the new one. After an error nobody knows which: the process starts
 * again from its disk.
 */
import {
  BACKENDS_MAX,
  type BackendId, type ClusterId, type Epoch, type Incarnation, type OwnerId,
} from '../core/ids.ts';
import { DurableWriteError, readRecordFile, writeRecordFile } from './durable-file.ts';
import { fromErrno } from './environment-error.ts';
import type { FileSystem } from './file-system.ts';
import type { Identity } from './ports.ts';
import { RecordFields } from './record-fields.ts';

/** The part of a data directory that is needed here. */
interface IdentityPlace {
  readonly identity: string;
}

/** Undefined where there is none. Throws EnvironmentError. */
export async function loadIdentity(
  directory: IdentityPlace,
  io: FileSystem,
): Promise<Identity | undefined> {
  const path = directory.identity;
  try {
    const record = await readRecordFile(io, path);
    return record === undefined ? undefined : readIdentity(new RecordFields(path, record));
  } catch (error) {
    throw fromErrno(error, `read ${path}`);
  }
}

/** Durable when it resolves. One at a time. Throws EnvironmentError. */
export async function saveIdentity(
  directory: IdentityPlace,
  { cluster, backend, incarnation, promise }: Identity,
  io: FileSystem,
): Promise<void> {
  const { epoch, owner } = promise;
  const record = {
    cluster, backend, incarnation, promise: { cluster: promise.cluster, epoch, owner },
  };
  try {
    await writeRecordFile(io, directory.identity, record);
  } catch (error) {
    const cause = error instanceof DurableWriteError ? error.cause : error;
    throw fromErrno(cause, `write ${directory.identity}`);
  }
}

function readIdentity(fields: RecordFields): Identity {
  const promise = fields.record('promise');
  return {
    cluster: fields.hex('cluster', 16) as ClusterId,
    backend: fields.count('backend', 1, BACKENDS_MAX) as BackendId,
    incarnation: fields.hex('incarnation', 16) as Incarnation,
    promise: {
      cluster: promise.hex('cluster', 16) as ClusterId,
      epoch: promise.count('epoch') as Epoch,
      owner: promise.hex('owner', 16) as OwnerId,
    },
  };
}
