/**
 * What a completion of a register's operation says, as Jepsen writes it: the value again, of a read
 * the value seen; a compare-and-set that failed found another value, unless a
 * reason such as `:timed-out` stands in the values' place.
 */
import { answerOf, NOTHING_HAPPENED, UNANSWERED, type Answer, type Operation } from './history.ts';

export const NIL = 'nil';

export function readRegisterAnswer(
  { kind }: Operation,
  type: 'ok' | 'fail' | 'info',
  result: unknown,
): Answer | string {
  if (type === 'info') return UNANSWERED;
  if (type === 'fail') {
    const isCompared = kind === 'cas' && !isOtherReason(result);
    return isCompared ? answerOf('refused', { refusal: 'CAS_FAILED' }) : NOTHING_HAPPENED;
  }
  if (kind !== 'read') return answerOf('ok');
  if (result === null) return answerOf('ok', { value: NIL });
  const isValue = typeof result === 'string' || typeof result === 'number';
  return isValue ? answerOf('ok', { value: String(result) }) : 'a read without a value';
}

/** `:timed-out` and the like stand where the values of a compare-and-set would. */
function isOtherReason(result: unknown): boolean {
  if (typeof result !== 'object' || result === null) return typeof result === 'string';
  return 'code' in result && result.code !== 'CAS_FAILED';
}
