/**
 * The environment's failures: what an operator can mend and the program cannot. One error type with
 * a reason and an exit status; its message is the sentence that the operator reads.
 */
export type EnvironmentKind =
  | 'locked' | 'foreign' | 'corrupt' | 'disk-full' | 'port-taken' | 'permission' | 'missing' | 'io';

export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  readonly exitStatus = 7;
  readonly kind: EnvironmentKind;

  constructor(kind: EnvironmentKind, sentence: string, cause?: unknown) {
    super(sentence, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

/** No room: the file system, the quota, or the largest size of a file. */
const NO_SPACE = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

export function errorCode(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

export function isNoSpace(error: unknown): boolean {
  return NO_SPACE.has(errorCode(error)) || isKind(error, 'disk-full');
}

export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}

export function isKind(error: unknown, kind: EnvironmentKind): boolean {
  return error instanceof EnvironmentError && error.kind === kind;
}

/**
 * The sentence for a system error; `what` tells what was tried: `write bankd-
 * data/backend-1/journal`.
 */
export function fromErrno(error: unknown, what: string): EnvironmentError {
  if (error instanceof EnvironmentError) return error;
  const code = errorCode(error);
  const text = error instanceof Error ? error.message : String(error);
  if (NO_SPACE.has(code)) {
    return new EnvironmentError('disk-full', `cannot ${what}: the disk is full (${code})`, error);
  }
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return new EnvironmentError('permission', `cannot ${what}: permission denied`, error);
    case 'EROFS':
      return new EnvironmentError('permission', `cannot ${what}: the disk is read-only`, error);
    case 'EADDRINUSE':
      return new EnvironmentError('port-taken', `cannot ${what}: the port is taken`, error);
    case 'ENOENT':
      return new EnvironmentError('missing', `cannot ${what}: it does not exist`, error);
    case 'ENOTDIR':
    case 'EEXIST':
      return new EnvironmentError('missing', `cannot ${what}: a file is in the way`, error);
    case 'EMFILE':
    case 'ENFILE':
      return new EnvironmentError('io', `cannot ${what}: too many open files`, error);
    case 'EIO':
      return new EnvironmentError('io', `cannot ${what}: the disk failed (EIO)`, error);
    default:
      return new EnvironmentError('io', `cannot ${what}: ${text}`, error);
  }
}
