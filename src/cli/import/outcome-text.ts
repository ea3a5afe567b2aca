/** How an import that did not come to its end is told, and how it is gone on with. */
import { EXIT, exitStatusOfSignal } from '../exit-status.ts';
import { oneLine } from '../quote.ts';
import type { Batch } from './batches.ts';
import type { Stopped } from './stopped.ts';

/** Lines for stderr. */
export function describeStop(
  { reason, message }: Stopped, { source, name, from }: Batch, unknown: number,
): readonly string[] {
  const again = from === 'chance'
    ? `import the same again, with --name ${name}` : 'run the same command again';
  return [
    `error: ${oneLine(`${source.name}: ${sentenceOf(reason, message, unknown)}`)}`,
    `tip: ${again}: it goes on, and what has happened is not done twice`,
  ];
}

function sentenceOf(reason: Stopped['reason'], message: string, unknown: number): string {
  switch (reason) {
    case 'unknown':
      return `${message}; ${unknown} rows may or may not have happened`;
    case 'unreachable':
      return `${message}; nothing of these and later rows happened`;
    case 'interrupted':
    case 'failed':
      return message;
  }
}

/** `signal` is why it was interrupted. */
export function exitStatusOfStop(reason: Stopped['reason'], signal: AbortSignal): number {
  switch (reason) {
    case 'unknown':
      return EXIT.unknownOutcome;
    case 'unreachable':
      return EXIT.unreachable;
    case 'interrupted':
      return exitStatusOfSignal(Number(signal.reason));
    case 'failed':
      return EXIT.environment;
  }
}
