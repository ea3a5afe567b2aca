/** Operations in the words of the command language, and their answers. */
import { formatHundredths } from './decimal.ts';
import type { Operation } from './history.ts';

/** `TRANSFER 100 101 1.00` */
export function askedWords(operation: Operation): string {
  const { kind, account, toAccount, amount, text, expected } = operation;
  switch (kind) {
    case 'create':
      return `CREATE ${formatHundredths(amount)}`;
    case 'query':
      return `QUERY ${account}`;
    case 'update':
    case 'deposit':
    case 'withdraw':
      return `${kind.toUpperCase()} ${account} ${formatHundredths(amount)}`;
    case 'transfer':
      return `TRANSFER ${account} ${toAccount} ${formatHundredths(amount)}`;
    case 'outcome':
      return `OUTCOME ${text ?? '?'}`;
    case 'read':
      return 'read';
    case 'write':
      return `write ${text ?? 'nil'}`;
    case 'cas':
      return `cas ${expected ?? 'nil'} ${text ?? 'nil'}`;
  }
}

/** `40.00 60.00`, `INSUFFICIENT FUNDS`, `unknown`. */
export function toldWords({ kind, account, answer }: Operation): string {
  switch (answer.kind) {
    case 'ok':
      break;
    case 'refused': {
      const code = (answer.refusal ?? '').replaceAll('_', ' ');
      const has = Number.isNaN(answer.balance) ? '' : ` (has ${formatHundredths(answer.balance)})`;
      return `${code}${has}`;
    }
    case 'nothing':
      return 'did not happen';
    case 'never':
      return 'NEVER HAPPENED';
    case 'unknown':
      return 'unknown';
  }
  if (kind === 'create') {
    const number = Number.isNaN(answer.account) ? account : answer.account;
    return Number.isNaN(number) ? 'OK' : String(number);
  }
  if (answer.value !== undefined) return answer.value;
  const told = [answer.balance, answer.toBalance].filter((each) => !Number.isNaN(each));
  return told.length === 0 ? 'OK' : told.map(formatHundredths).join(' ');
}

/** `WITHDRAW 100 5.00 → 45.00` */
export function operationWords(operation: Operation): string {
  return `${askedWords(operation)} → ${toldWords(operation)}`;
}

/** `client 3's WITHDRAW 100 5.00 → 45.00 (line 17)` */
export function ownedWords(operation: Operation): string {
  const { process, completedLine, invokedLine } = operation;
  const line = Number.isNaN(completedLine) ? invokedLine : completedLine;
  return `client ${process}'s ${operationWords(operation)} (line ${line})`;
}

export function linesOf(operations: readonly Operation[]): readonly number[] {
  const lines = operations.flatMap(({ invokedLine, completedLine }) =>
    Number.isNaN(completedLine) ? [invokedLine] : [invokedLine, completedLine]);
  return [...new Set(lines)].sort((one, other) => one - other);
}
