/** Checks a stopped frontend's directory: the control record, by its checksum and its fields. */
import { join } from 'node:path';
import type { ControlRecord } from '../../core/view.ts';
import { EnvironmentError, fromErrno } from '../../host/environment-error.ts';
import { FileControlStore } from '../../host/file-control-store.ts';
import type { FileSystem } from '../../host/file-system.ts';
import { nodeFileSystem } from '../../host/node-file-system.ts';
import { faultOf, whileLocked } from './directory-access.ts';

export interface ControlVerdict {
  readonly directory: string;
  readonly ok: boolean;
  /** Undefined where it is missing or damaged. */
  readonly record: ControlRecord | undefined;
  readonly fault?: string;
}

/** Throws EnvironmentError: locked, permission, io. */
export async function verifyControl(
  path: string,
  io: FileSystem = nodeFileSystem,
): Promise<ControlVerdict> {
  try {
    return await whileLocked(io, path, () => checkRecord(path, io));
  } catch (error) {
    throw fromErrno(error, `verify ${path}`);
  }
}

async function checkRecord(directory: string, io: FileSystem): Promise<ControlVerdict> {
  const control = join(directory, 'control');
  try {
    const record = await new FileControlStore({ control }, io).load();
    if (record !== undefined) return { directory, ok: true, record };
    throw new EnvironmentError('corrupt', `${directory}: the control record is missing`);
  } catch (error) {
    const fault = faultOf(error, control);
    if (fault === undefined) throw error;
    return { directory, ok: false, record: undefined, fault };
  }
}
