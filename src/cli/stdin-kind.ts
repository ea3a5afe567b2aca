/**
 * What stands at stdin: a person, commands, or nobody. A pipe, a file or a socket may hold
 * commands; a device such as /dev/null, or nothing at all, never does.
 */
import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';

export type StdinKind = 'terminal' | 'piped' | 'none';

export function stdinKind(fileDescriptor = 0): StdinKind {
  if (isatty(fileDescriptor)) return 'terminal';
  try {
    const stat = fstatSync(fileDescriptor);
    return stat.isFIFO() || stat.isFile() || stat.isSocket() ? 'piped' : 'none';
  } catch {
    return 'none';
  }
}
