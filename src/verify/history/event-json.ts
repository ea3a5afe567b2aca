/** A line of NDJSON as an event of a history (interface.md); a sentence where it is none. */
import type { HistoryEvent } from './history.ts';

const TYPES: readonly string[] = ['invoke', 'ok', 'fail', 'info'];
/** Doubles from here on lie too far apart to tell every hundredth. */
const COARSE = 2 ** 45;

export function parseJsonEvent(text: string): HistoryEvent | string {
  const fields = parseObject(text);
  if (fields === undefined) return 'it is no JSON object';
  const { process, type, op, args, result, timeNs, request, key } = fields;
  if (typeof type !== 'string' || !TYPES.includes(type)) {
    return 'its type is none of invoke, ok, fail, info';
  }
  if (!isProcess(process)) return 'its process is neither a whole number nor a name';
  if (!isAbsentOr('string', op)) return 'its op is no text';
  if (!isAbsentOr('string', request)) return 'its request is no text';
  if (!isAbsentOr('string', key)) return 'its key is no text';
  if (!isAbsentOr('number', timeNs) || !isFinite(timeNs ?? 0)) return 'its timeNs is no number';
  if (!(args === undefined || args === null || isArguments(args))) {
    return 'its args are no list of texts and numbers';
  }
  return {
    process, type: type as HistoryEvent['type'], result,
    ...(op === undefined || op === null ? {} : { op }),
    ...(args === undefined || args === null ? {} : { args }),
    ...(timeNs === undefined || timeNs === null ? {} : { timeNs }),
    ...(request === undefined || request === null ? {} : { request }),
    ...(key === undefined || key === null ? {} : { key }),
  };
}

type Fields = Readonly<Record<string, unknown>>;
/** The third argument is told by the runtime, but not yet by its types. */
type Reviver = (key: string, value: unknown) => unknown;

function parseObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return undefined;
    if (!isCoarse(value['args']) && !isCoarse(value['result'])) return value;
    const exact = JSON.parse(text, keepDigits as Reviver) as Fields;
    return { ...value, args: exact['args'], result: exact['result'] };
  } catch {
    return undefined;
  }
}

/** Large numbers as they are spelled, to the last digit. */
function keepDigits(_key: string, value: unknown, context: { source?: string }): unknown {
  const isLarge = typeof value === 'number' && Math.abs(value) >= COARSE;
  return isLarge ? (context.source ?? value) : value;
}

function isCoarse(value: unknown): boolean {
  if (typeof value === 'number') return Math.abs(value) >= COARSE;
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((inner) => typeof inner === 'number' && isCoarse(inner));
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isProcess(value: unknown): value is number | string {
  return Number.isSafeInteger(value) || (typeof value === 'string' && value !== '');
}

function isAbsentOr(type: 'string', value: unknown): value is string | null | undefined;
function isAbsentOr(type: 'number', value: unknown): value is number | null | undefined;
function isAbsentOr(type: string, value: unknown): boolean {
  return value === undefined || value === null || typeof value === type;
}

function isArguments(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) &&
    value.every((each) => typeof each === 'string' || typeof each === 'number');
}
