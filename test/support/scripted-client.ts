/** A client for tests of the command line: records what is asked of it, answers when told to. */
import type { BankClient } from '../../src/cli/bank-client.ts';
import { NoReport, type TrialBalance } from '../../src/host/account-reports.ts';
import type { PastBalance, Statement, StatementOptions } from '../../src/host/account-statement.ts';
import type { AskedMoment } from '../../src/host/asked-moment.ts';
import type { TrialOptions } from '../../src/host/client.ts';
import type { CutAnswer } from '../../src/host/cut-orders.ts';
import type { GroupOutcome } from '../../src/host/group-outcome.ts';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import type { Operation } from '../../src/core/operation.ts';
import { refused, unknown, type Outcome } from '../../src/core/outcome.ts';

export class ScriptedClient implements BankClient {
  /** Everything asked, in order: kinds of operations, `status`, `quit`. */
  readonly calls: string[] = [];
  readonly operations: Operation[] = [];
  readonly groups: (readonly Operation[])[] = [];
  readonly groupKeys: (string | undefined)[] = [];
  /** What groups are answered; those without an answer stay open. */
  groupOutcomes: GroupOutcome[] = [];
  readonly #settlers: ((outcome: Outcome) => void)[] = [];
  readonly #groupSettlers: ((outcome: GroupOutcome) => void)[] = [];
  readonly #answer: ((operation: Operation, index: number) => Outcome) | undefined;
  report: unknown = {
    cluster: 'c', epoch: 1, view: 2, commitSeq: 3, status: [1, 1], copies: 2, waitingFor: [],
    frontend: {}, backends: [],
  };
  cutAnswers: CutAnswer[] = [];
  trial: () => Promise<TrialBalance> = () => Promise.reject(new NoReport(lost));
  statements: (() => Promise<Statement>)[] = [];
  balances: (() => Promise<PastBalance | undefined>)[] = [];
  quitting: () => Promise<void> = () => Promise.resolve();

  /** Answers by the function at once, or by `settle` where there is none. */
  constructor(answer?: (operation: Operation, index: number) => Outcome) {
    this.#answer = answer;
  }

  submit(operation: Operation): Promise<Outcome> {
    const index = this.operations.push(operation) - 1;
    this.calls.push(operation.kind);
    if (this.#answer !== undefined) return Promise.resolve(this.#answer(operation, index));
    return new Promise((resolve) => {
      this.#settlers[index] = resolve;
    });
  }

  /** Settles the operation of that index, by default with a balance that tells which it was. */
  settle(index: number, outcome: Outcome = balanceIs(index)): void {
    this.#settlers[index]?.(outcome);
  }

  group(
    operations: readonly Operation[], { key }: { readonly key?: string } = {},
  ): Promise<GroupOutcome> {
    this.calls.push('group');
    this.groups.push(operations);
    this.groupKeys.push(key);
    const outcome = this.groupOutcomes.shift();
    if (outcome !== undefined) return Promise.resolve(outcome);
    return new Promise((resolve) => this.#groupSettlers.push(resolve));
  }

  /** By `trial`. */
  trialBalance({ onProgress }: TrialOptions = {}): Promise<TrialBalance> {
    this.calls.push('trial balance');
    onProgress?.(1, 2);
    return this.trial();
  }

  /** By `statements`, then that there is no such account. */
  statement(account: number, options: StatementOptions = {}): Promise<Statement | undefined> {
    this.calls.push(`statement ${account} ${JSON.stringify(options)}`);
    options.onProgress?.(500);
    return this.statements.shift()?.() ?? Promise.resolve(undefined);
  }

  /** By `balances`, then that there was no such account. */
  balanceAt(account: number, moment: AskedMoment): Promise<PastBalance | undefined> {
    this.calls.push(`balance ${account} ${JSON.stringify(moment)}`);
    return this.balances.shift()?.() ?? Promise.resolve(undefined);
  }

  status(): Promise<unknown> {
    this.calls.push('status');
    return Promise.resolve(this.report);
  }

  /** By `cutAnswers`, then always that it begins. */
  cut(backend: number, mode: string, forMs: number): Promise<CutAnswer> {
    this.calls.push(`cut ${backend} ${mode} ${forMs}`);
    return Promise.resolve(this.cutAnswers.shift() ?? { outcome: 'begins', detail: '' });
  }

  /** What is open may have happened. */
  close(): Promise<void> {
    this.calls.push('close');
    for (const settle of this.#settlers) settle?.(lost);
    for (const settle of this.#groupSettlers) settle(lost);
    return Promise.resolve();
  }

  quit(): Promise<void> {
    this.calls.push('quit');
    return this.quitting();
  }
}

/** `OK 0.07` of a QUERY, for 7. */
export function balanceIs(balance: number): Outcome {
  return {
    kind: 'answered',
    result: {
      code: 'ok', kind: 'query', scale: 2, detail: 0, account: 100, balance, toBalance: 0,
    },
    seq: 1 as Seq,
    timestamp: 1 as Timestamp,
    request: '64-1',
  };
}

export function notFound(account: number): Outcome {
  return {
    kind: 'answered',
    result: {
      code: 'accountNotFound', kind: 'query', scale: 2, detail: 0, account,
      balance: 0, toBalance: 0,
    },
    seq: 1 as Seq,
    timestamp: 1 as Timestamp,
    request: '64-1',
  };
}

export const unavailable = refused('UNAVAILABLE', 'no backend is in sync', '64-1');
export const lost = unknown('64-1 was not answered in time', '64-1');
