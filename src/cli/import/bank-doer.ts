/** Has operations done by the bank. */
import type { Operation } from '../../core/operation.ts';
import { refusalOfResult } from '../refusal.ts';
import type { Answer, ChunkSender } from './chunk-sender.ts';
import type { Doer, Done } from './doer.ts';
import type { NameNumbers } from './name-numbers.ts';

export class BankDoer implements Doer {
  readonly isDryRun = false;
  readonly #sender: ChunkSender;
  readonly #names: NameNumbers;
  /** What happened in it or before it happened in another import. */
  readonly #seqBefore: number;

  constructor(sender: ChunkSender, names: NameNumbers, seqBefore: number) {
    this.#sender = sender;
    this.#names = names;
    this.#seqBefore = seqBefore;
  }

  readonly find = (name: string): number | null => this.#names.find(name);

  async prepare(names: ReadonlySet<string>): Promise<void> {
    await this.#names.learn(names);
  }

  async do(operations: readonly Operation[]): Promise<readonly Done[]> {
    const answers = await this.#sender.send(operations);
    return operations.map((operation, at) => this.#read(operation, answers[at] as Answer));
  }

  #read(operation: Operation, { result, seq }: Answer): Done {
    const refused = result.code === 'ok'
      ? undefined : refusalOfResult(result, operation.key ?? '', operation);
    if (refused !== undefined) return { refused };
    const { account } = result;
    const { kind, terms: { name } = {} } = operation;
    if (kind === 'create' && name !== undefined) this.#names.note(name, account);
    return { account, isBefore: seq <= this.#seqBefore };
  }
}
