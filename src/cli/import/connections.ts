/** The two connections of an import: one for writes, one for reads. */
import { KEYS_MAX } from '../../core/ledger.ts';
import { Client } from '../../host/client.ts';
import { Unreachable } from '../../host/unreachable.ts';
import { endSession } from '../interpreter.ts';
import { Patience } from './patience.ts';

/** Any number: only the seq of the answer counts. */
const ANY_ACCOUNT = 1;

export interface BankPlace {
  readonly host: string;
  readonly port: number;
}

export class Connections implements AsyncDisposable {
  readonly writer: Client;
  readonly reader: Client;

  private constructor(writer: Client, reader: Client) {
    this.writer = writer;
    this.reader = reader;
  }

  /** Throws Unreachable. */
  static async open(bank: BankPlace): Promise<Connections> {
    const writer = await Client.connect(bank);
    try {
      return new Connections(writer, await Client.connect(bank));
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  /** What the bank has done by now. Throws Unreachable. */
  async lastSeq(timeoutMs: number): Promise<number> {
    const patience = new Patience(timeoutMs);
    for (;;) {
      const outcome = await this.reader.query(ANY_ACCOUNT, { timeoutMs: patience.leftMs });
      if (outcome.kind === 'answered') return outcome.seq;
      if (patience.isOver) throw new Unreachable('refused', outcome.detail);
      await patience.pause();
    }
  }

  /** How many of the newest keys the bank remembers. Throws Unreachable. */
  async keysRemembered(timeoutMs: number): Promise<number> {
    const report = await this.reader.status({ timeoutMs });
    const { keys } = report as { readonly keys?: number | null };
    return keys ?? KEYS_MAX;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endSession(this.writer);
    await Promise.all([this.writer.close(), this.reader.close()]);
  }
}
