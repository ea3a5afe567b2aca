/** A bank as `bankd up` runs it, supervised, and `bankd chaos` on it. */
import { join } from 'node:path';
import type { Test } from 'tap';
import { Client } from '../../src/host/client.ts';
import {
  BankdProcess, startBankd, temporaryDirectory, until, type Scope, type Status,
} from './bank.ts';
import { explain } from './history-check.ts';
import type { Load } from './load.ts';
import { verified } from './verified.ts';

export interface ChaosRun {
  readonly status: number | null;
  readonly lines: readonly string[];
  readonly stderr: string;
}

export class UpBank {
  readonly data: string;
  readonly process: BankdProcess;
  readonly port: number;
  readonly #scope: Scope;

  private constructor(scope: Scope, data: string, process: BankdProcess, port: number) {
    this.#scope = scope;
    this.data = data;
    this.process = process;
    this.port = port;
  }

  /** Ready. */
  static async start(scope: Scope, data: string = temporaryDirectory(scope)): Promise<UpBank> {
    const process = startBankd(scope, ['up', '--port', '0', '--data', data]);
    const ready = await process.line(/^ready bank /);
    return new UpBank(scope, data, process, Number(/:(\d+) pid/.exec(ready)?.[1]));
  }

  async status(): Promise<Status> {
    await using client = await Client.connect({ port: this.port, timeoutMs: 5_000 });
    return (await client.status()) as Status;
  }

  /** Everything was answered, rightly, and every replica ends with the same accounts. */
  async finish(t: Test, load: Load): Promise<void> {
    const history = await load.stop();
    t.same(load.troubles, [], 'no client saw an error');
    const { wrong, balances } = explain(history);
    t.same(wrong, [], `one order explains ${history.length} answers`);
    await until('all have everything', async () => {
      const { commitSeq, backends } = await this.status();
      return backends.every(({ status, lastSeq }) => status === 1 && lastSeq === commitSeq);
    });
    t.equal((await this.process.terminate()).code, 0);
    const paths = [1, 2, 3].map((id) => join(this.data, `backend-${id}`));
    for (const { ok, accounts } of await verified(paths)) {
      t.ok(ok);
      t.same(accounts, balances);
    }
  }

  /** Under way. */
  startChaos(...flags: readonly string[]): BankdProcess {
    return startBankd(this.#scope, ['chaos', '--port', String(this.port), ...flags]);
  }

  async chaos(...flags: readonly string[]): Promise<ChaosRun> {
    const run = this.startChaos(...flags);
    const { code: status } = await run.exited;
    const lines = run.stdout.split('\n').filter((line) => line !== '');
    return { status, lines, stderr: run.stderr };
  }
}
