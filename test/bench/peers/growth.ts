/** How throughput and latency change as there is more of something, each point on a new bank. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runBankdBench } from './bankd-bench.ts';
import {
  overloadText, type Axis, type Growth, type GrowthPoint, type GrowthScale,
} from './growth-plan.ts';
import { note, settleDisk } from './harness.ts';
import { machineText } from './machine-load.ts';
import { tryOverload } from './overload.ts';
import { ACCOUNTS } from './peer.ts';
import { connectBankd, openAccounts, startBankd, transferInBulk } from './scratch-bankd.ts';
import { millisecondsText, wholeText } from './text.ts';

/** The parameters of `bankd bench` for a point. */
const POINTS: Readonly<Record<Exclude<Axis, 'journal'>, (at: number) => [string, string[]]>> = {
  clients: (at) => ['w3', ['--clients', String(at), '--accounts', String(ACCOUNTS)]],
  batch: (at) => ['w4', ['--batch', String(at), '--accounts', String(ACCOUNTS)]],
  accounts: (at) => ['w4', ['--accounts', String(at)]],
};

export async function measureGrowth(directory: string, scale: GrowthScale): Promise<Growth> {
  const startedAt = new Date().toISOString();
  const faults: string[] = [];
  const home = join(directory, 'growth');
  mkdirSync(home, { recursive: true });
  const sweep = async (axis: Axis): Promise<readonly GrowthPoint[]> => {
    const points: GrowthPoint[] = [];
    for (const at of scale.points[axis]) {
      await settleDisk();
      try {
        const point = await measurePoint(axis, at, home, scale.seconds);
        points.push(point);
        const p99 = `p99 ${millisecondsText(point.p99)} ms`;
        note(`${wholeText(at)} ${axis}: ${wholeText(point.throughput)}/s, ${p99}`);
      } catch (error) {
        faults.push(`${at} ${axis}: ${error instanceof Error ? error.message : String(error)}`);
        note(`FAILED: ${faults.at(-1)}`);
      }
    }
    return points;
  };
  const sweeps = {
    clients: await sweep('clients'), batch: await sweep('batch'),
    accounts: await sweep('accounts'), journal: await sweep('journal'),
  };
  await settleDisk();
  const { seconds } = scale;
  const overload = scale.overload && await tryOverload(join(home, 'overload'), scale.overload);
  if (overload !== undefined) note(`overload: ${overloadText(overload)}`);
  return { startedAt, machine: machineText(), seconds, sweeps, overload, faults };
}

async function measurePoint(
  axis: Axis,
  at: number,
  directory: string,
  seconds: number,
): Promise<GrowthPoint> {
  if (axis === 'journal') return behindHistory(at, directory, seconds);
  const [workload, flags] = POINTS[axis](at);
  return pointOf(at, await runBankdBench({ workload, seconds, directory, flags }));
}

/** On a bank that has this history, in accounts of its own. */
async function behindHistory(at: number, directory: string, seconds: number): Promise<GrowthPoint> {
  await using bank = await startBankd(join(directory, 'bank'));
  const client = await connectBankd(bank.port);
  await openAccounts(client, ACCOUNTS);
  await transferInBulk(client, at, ACCOUNTS);
  await client.quit();
  const flags = ['--port', String(bank.port), '--accounts', String(ACCOUNTS)];
  const bench = { workload: 'w3', seconds, directory, flags };
  // The history has warmed up the code of bulk requests only, and where there is none, nothing.
  await runBankdBench(bench);
  return pointOf(at, await runBankdBench(bench));
}

function pointOf(at: number, result: Awaited<ReturnType<typeof runBankdBench>>): GrowthPoint {
  const { operationsPerSecond, latencyMs } = result;
  const { p50 = NaN, p99 = NaN } = latencyMs ?? {};
  return { at, throughput: operationsPerSecond, p50, p99 };
}
