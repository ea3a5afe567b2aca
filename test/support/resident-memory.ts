/** Resident memory of a bank's processes on this machine, in MiB. */
import { BankWatch } from '../../src/bench/bank-watch.ts';
import { usageOf } from '../../src/bench/process-usage.ts';
import type { Client } from '../../src/host/client.ts';

export async function residentMemory(client: Client): Promise<[string, number][]> {
  const watch = new BankWatch(client, '127.0.0.1');
  return watch.members(await watch.status()).map(({ name, pid }) =>
    [name, Math.round((usageOf(pid).residentBytes ?? NaN) / 1024 / 1024)]);
}
