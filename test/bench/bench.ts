/**
 * `npm run bench`: bankd's speed beside what bounds it on this machine, measured in the same run.
 *
 * A bank of one frontend and three fsyncing backends on loopback; clients in this process, on the
 * same
 * cores. The peer of every figure is the machine itself: one fdatasync of a written block, one
 * round
 * trip over loopback. After the load the books are checked: a fast wrong answer is exit status 5.
 *
 *     npm run bench -- --seconds 5 --clients 64 --batch 8190 --in-flight 4 --accounts 10000
 */
import { parseArgs } from 'node:util';
import { Client } from '../../src/host/client.ts';
import { startScratchBank } from '../support/scratch-bank.ts';
import { measureFdatasync, measureRoundTrip } from './machine.ts';
import { bulkTransfers, checkBooks, manyClients, openAccounts, type Books } from './workloads.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    clients: { type: 'string', default: '64' },
    batch: { type: 'string', default: '8190' },
    'in-flight': { type: 'string', default: '4' },
    accounts: { type: 'string', default: '10000' },
    only: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const clients = Number(values.clients);
const accounts = Number(values.accounts);

function show(name: string, figures: Readonly<Record<string, string | number>>): void {
  const parts = Object.entries(figures).map(([label, value]) => `${label} ${value}`);
  console.log(`${name.padEnd(34)} ${parts.join('   ')}`);
}

const wanted = (name: string): boolean => values.only === undefined || values.only.includes(name);

const fdatasync = await measureFdatasync();
const roundTrip = await measureRoundTrip();
show('machine: fdatasync, 4 KiB', { 'p50 ms': fdatasync.p50, 'p99 ms': fdatasync.p99 });
show('machine: loopback round trip, 64 B', { 'p50 ms': roundTrip.p50, 'p99 ms': roundTrip.p99 });

await using bank = await startScratchBank();
const client = await Client.connect({ port: bank.port, timeoutMs: 60_000 });
const books: Books = { total: 0n };
await openAccounts(client, books, accounts);

if (wanted('one')) {
  const one = await manyClients(bank.port, books, 1, 'deposit', seconds);
  const bound = fdatasync.p50 + 2 * roundTrip.p50;
  show('one connection, one at a time', {
    'ops/s': one.perSecond,
    'p50 ms': one.p50,
    'p99 ms': one.p99,
    'times (fdatasync + 2 round trips)': (one.p50 / bound).toFixed(2),
  });
}
if (wanted('many')) {
  const writes = await manyClients(bank.port, books, clients, 'deposit', seconds);
  show(`${clients} connections, one write each`, { ...writes });
  const reads = await manyClients(bank.port, books, clients, 'query', seconds);
  show(`${clients} connections, one read each`, { ...reads });
}
if (wanted('bulk')) {
  const batch = Number(values.batch);
  const bulk = await bulkTransfers(client, {
    seconds,
    accounts,
    batch,
    inFlight: Number(values['in-flight']),
  });
  show(`bulk transfers, ${batch} a batch`, { ...bulk });
}
for (const [name, rssMiB] of await bank.memory(client))
  show(`resident memory, ${name}`, { MiB: rssMiB });

const fault = await checkBooks(client, books, accounts);
await client.quit();
console.log(fault ?? 'books: in order (sums conserved, digests equal)');
process.exitCode = fault === undefined ? 0 : 5;
