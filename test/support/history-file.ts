/** A recorded history, judged by the checker of the tests, which knows nothing of the program's. */
import { readFileSync } from 'node:fs';
import type { Kind, Operation, Result } from '../../src/core/operation.ts';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import { explain, type Done } from './history-check.ts';

interface Line {
  readonly process: number;
  readonly type: 'invoke' | 'ok' | 'fail' | 'info';
  readonly op: Kind;
  readonly args: readonly (number | string)[];
  readonly result?: {
    readonly account: number;
    readonly balance: string;
    readonly toBalance?: string;
    readonly seq: number;
  };
  readonly timeNs: number;
  readonly request?: string;
}

/** Of an empty bank from its beginning, without unknown outcomes: sentences on what is wrong. */
export function explainFile(path: string): readonly string[] {
  const invoked = new Map<number, Line>();
  const done: Done[] = [];
  for (const text of readFileSync(path, 'utf8').trimEnd().split('\n')) {
    const line = JSON.parse(text) as Line;
    if (line.type === 'invoke') invoked.set(line.process, line);
    if (line.type === 'info') return [`an unknown outcome: ${text}`];
    if (line.type === 'ok') done.push(doneOf(line, invoked.get(line.process)));
  }
  return explain(done).wrong;
}

function doneOf(line: Line, invocation: Line | undefined): Done {
  if (invocation === undefined || line.result === undefined) throw new Error('a stray answer');
  const { balance, toBalance = '0.00', account, seq } = line.result;
  const result: Result = {
    code: 'ok', kind: line.op, scale: 2, detail: NaN, account,
    balance: cents(balance), toBalance: cents(toBalance),
  };
  return {
    client: line.process,
    operation: operationOf(line),
    outcome: {
      kind: 'answered', result, seq: seq as Seq, timestamp: 0 as Timestamp,
      request: line.request ?? '',
    },
    startedMs: invocation.timeNs / 1e6,
    endedMs: line.timeNs / 1e6,
  };
}

function operationOf({ op: kind, args }: Line): Operation {
  const [first, second] = args;
  const last = args.at(-1);
  const amount = typeof last === 'string' ? { amount: cents(last), scale: 2 } : {};
  return {
    kind, ...amount,
    ...(typeof first === 'number' ? { account: first } : {}),
    ...(typeof second === 'number' ? { toAccount: second } : {}),
  };
}

function cents(decimal: string): number {
  return Math.round(Number(decimal) * 100);
}
