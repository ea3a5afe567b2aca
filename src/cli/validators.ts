/** What the values of flags must be, as typanion validators that turn the text into the value. */
import { isIPv4, isIPv6 } from 'node:net';
import { makeValidator, type StrictValidator } from 'typanion';
import { quote } from './quote.ts';

const UNITS = { ms: 1, s: 1_000, m: 60_000 } as const;

/** A decimal integer from `min` to `max`. */
export function isWholeNumber(min: number, max: number): StrictValidator<unknown, number> {
  const expected = `expected a whole number from ${min} to ${max}`;
  return isParsed(expected, (text) => {
    const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : NaN;
    return value >= min && value <= max ? value : undefined;
  });
}

/** `17`, or `17.3`: an operation of the history by its seq and its index there. */
export function isPosition(): StrictValidator<
  unknown, { readonly seq: number; readonly index: number | undefined }
> {
  return isParsed('expected SEQ, or SEQ.INDEX such as 17.3', (text) => {
    const [, seq, index] = /^([0-9]{1,15})(?:\.([0-9]{1,9}))?$/.exec(text) ?? [];
    if (seq === undefined) return undefined;
    return { seq: Number(seq), index: index === undefined ? undefined : Number(index) };
  });
}

/** `250ms`, `10s`, `5m`: milliseconds from `minMs` to `maxMs`. */
export function isDuration(minMs: number, maxMs: number): StrictValidator<unknown, number> {
  const range = `from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`;
  return isParsed(`expected a duration such as 250ms, 10s or 5m, ${range}`, (text) => {
    const match = /^([0-9]{1,12})(ms|s|m)$/.exec(text);
    if (match === null) return undefined;
    const value = Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
    return value >= minMs && value <= maxMs ? value : undefined;
  });
}

/** A host name or an IP address, without a port. */
export function isHost(): StrictValidator<unknown, string> {
  return isParsed('expected a host name or an address, without a port', (text) => {
    const bare = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
    if (isIPv4(bare) || isIPv6(bare)) return bare;
    return /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$/.test(text) ? text : undefined;
  });
}

/** Anything but the empty text, such as a path. */
export function isNotEmpty(): StrictValidator<unknown, string> {
  return isParsed('expected something', (text) => (text === '' ? undefined : text));
}

/** One of these words. */
export function isOneOf<Word extends string>(
  words: readonly Word[],
): StrictValidator<unknown, Word> {
  return isParsed(`expected one of ${words.join(', ')}`, (text) =>
    words.find((word) => word === text));
}

/** One character between cells; `tab` for that. */
export function isSeparator(): StrictValidator<unknown, string> {
  return isParsed('expected one character such as ; or the word tab', (text) => {
    if (text === 'tab' || text === '\\t') return '\t';
    return /^[\t\x20-\x7e]$/.test(text) && !/["A-Za-z0-9]/.test(text) ? text : undefined;
  });
}

/** In the largest unit that keeps it whole. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds % UNITS.m === 0) return `${milliseconds / UNITS.m}m`;
  if (milliseconds % UNITS.s === 0) return `${milliseconds / UNITS.s}s`;
  return `${milliseconds}ms`;
}

/** Valid where `parse` gives a value, which then takes the text's place. */
export function isParsed<Value>(
  expected: string,
  parse: (text: string) => Value | undefined,
): StrictValidator<unknown, Value> {
  return makeValidator<unknown, Value>({
    test: (given, state): given is Value => {
      const text = typeof given === 'string' ? given : '';
      const value = parse(text);
      if (value === undefined) {
        state?.errors?.push(`${state.p ?? '.'}: ${expected} (got ${quote(text)})`);
        return false;
      }
      if (state?.coercions !== undefined && state.coercion !== undefined) {
        state.coercions.push([state.p ?? '.', state.coercion.bind(null, value)]);
      }
      return true;
    },
  });
}
