/** The options that name a place in the history: `--from 17`, `--after 17.3`, `--to 40`. */
import { Option } from 'clipanion';
import type { Position } from '../core/history-page.ts';
import { usageError } from './cli-error.ts';
import { isPosition, isWholeNumber } from './validators.ts';

function from() {
  return Option.String('--from', {
    description: 'begin with this operation: SEQ, or SEQ.INDEX',
    validator: isPosition(),
  });
}

function after() {
  return Option.String('--after', {
    description: 'begin behind it',
    validator: isPosition(),
  });
}

function to(description: string) {
  return Option.String('--to', { description, validator: isWholeNumber(1, 999_999_999_999_999) });
}

/** The declarations, by name. */
export const positionOptions = { from, after, to } as const;

/** A place that names a whole entry: SEQ without an index. */
interface Place {
  readonly seq: number;
  readonly index: number | undefined;
}

/** Where to begin: with the first of all, where neither is said. */
export function requireOneStart(
  fromPlace: Place | undefined, afterPlace: Place | undefined,
): { readonly from?: Position; readonly after?: Position } {
  if (fromPlace !== undefined && afterPlace !== undefined) {
    throw usageError('--from and --after exclude each other');
  }
  if (afterPlace === undefined) {
    return fromPlace === undefined ? {} : { from: { ...fromPlace, index: fromPlace.index ?? 0 } };
  }
  const { seq, index } = afterPlace;
  return index === undefined ? { from: { seq: seq + 1, index: 0 } } : { after: { seq, index } };
}
