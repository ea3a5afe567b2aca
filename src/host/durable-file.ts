/**
 * Small files that are replaced as a whole: temporary file, fsync, rename, fsync of the directory.
 *
 * Keeps true: under the name stands the old content or the new, never a mixture, whatever happens;
 * and an error tells whether the new content can be there. A record file is a line of JSON and a
 * line with its SHA-256, so that a flipped bit is noticed and a person can read it.
 */
import { sha256 } from '../core/hash.ts';
import { EnvironmentError } from './environment-error.ts';
import { readFile, syncParent, writeFully, type FileSystem } from './file-system.ts';

/**
 * Writing failed. `applied`: `no`, the old content stands; `unknown`, a crash may bring up either.
 */
export class DurableWriteError extends Error {
  override readonly name = 'DurableWriteError';
  readonly applied: 'no' | 'unknown';

  constructor(applied: 'no' | 'unknown', cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.applied = applied;
  }
}

/** Replaces the file; durable when it resolves. Throws DurableWriteError. */
export async function writeDurably(io: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  await replaceFile(io, path, (fd) => writeFully(io, fd, bytes, 0));
}

/** The same, for content that is written piece by piece. */
export async function replaceFile(
  io: FileSystem,
  path: string,
  writeContent: (fd: number) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    await writeTemporary(io, temporary, writeContent);
  } catch (error) {
    await io.unlink(temporary).catch(() => undefined); // the next write empties it anyway
    throw new DurableWriteError('no', error);
  }
  try {
    await io.rename(temporary, path);
    await syncParent(io, path);
  } catch (error) {
    throw new DurableWriteError('unknown', error);
  }
}

async function writeTemporary(
  io: FileSystem,
  path: string,
  writeContent: (fd: number) => Promise<void>,
): Promise<void> {
  const fd = await io.open(path, 'w+');
  try {
    await writeContent(fd);
    await io.fsync(fd);
  } finally {
    await io.close(fd);
  }
}

export async function writeRecordFile(io: FileSystem, path: string, value: object): Promise<void> {
  const line = JSON.stringify(value);
  await writeDurably(io, path, new TextEncoder().encode(`${line}\n${sha256(line)}\n`));
}

/** The fields; undefined where there is no file. Throws EnvironmentError `corrupt`. */
export async function readRecordFile(
  io: FileSystem,
  path: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const bytes = await readFile(io, path);
  if (bytes === undefined) return undefined;
  const text = new TextDecoder().decode(bytes);
  const [line, checksum, end, ...more] = text.split('\n');
  const intact = line !== undefined && checksum === sha256(line) && end === '' && more.length === 0;
  if (!intact) {
    throw new EnvironmentError('corrupt', `${path} is corrupt: its checksum does not match`);
  }
  const value = parseJson(line);
  if (typeof value !== 'object' || value === null) {
    throw new EnvironmentError('corrupt', `${path} is corrupt: it holds no record`);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** Undefined where it is none, though its checksum is right: somebody else has written it. */
function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
