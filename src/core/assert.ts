/**
 * Assertions are on in production: a broken invariant stops the process before it can harm the
 * books.
 */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}

export function assert(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new AssertionFailure(`assertion failed: ${claim}`);
}

/** The value, which the caller knows to be there. */
export function present<Value>(value: Value | undefined | null, claim: string): Value {
  assert(value !== undefined && value !== null, claim);
  return value;
}
