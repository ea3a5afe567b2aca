/** The names of accounts as the twin keeps them: a Map in each direction. */
import { TwinTable } from './twin-table.ts';

export class TwinNames {
  readonly table: TwinTable = new TwinTable('names', [
    'account', 'name, bytes 0 to 5', 'name, bytes 6 to 11', 'name, bytes 12 to 17',
    'name, bytes 18 to 23', 'name, bytes 24 to 29', 'name, bytes 30 to 35', 'spare',
  ]);
  readonly #accounts = new Map<string, number>();
  readonly #names = new Map<number, { readonly record: number; readonly name: string }>();

  accountOf(name: string): number | undefined {
    return this.#accounts.get(name);
  }

  nameOf(account: number): string | undefined {
    return this.#names.get(account)?.name;
  }

  /** In place of the one that the account may have had. */
  give(account: number, name: string): void {
    const before = this.#names.get(account);
    if (before !== undefined) this.#accounts.delete(before.name);
    const values = [account, ...partsOf(name), 0];
    const record = before?.record ?? this.table.append(values);
    this.table.fill(record, values);
    this.#names.set(account, { record, name });
    this.#accounts.set(name, account);
  }
}

/** Its bytes, zeros behind them, as six numbers of 48 bits, the first byte the highest. */
export function partsOf(name: string): readonly number[] {
  const bytes = Buffer.alloc(36);
  bytes.write(name, 'utf8');
  return [0, 6, 12, 18, 24, 30].map((at) => bytes.readUIntBE(at, 6));
}
