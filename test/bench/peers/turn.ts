/** One turn: a workload for some seconds on one system, which runs only for that. */
import { cpuSeconds } from './cpu-time.ts';
import { percentile, type Figures } from './figures.ts';
import { machineCpuSeconds } from './machine-load.ts';
import type { Lane, Peer, RunningPeer, Workload } from './peer.ts';

export interface TurnOptions {
  readonly workload: Workload;
  readonly seconds: number;
  /** Connections, caches and just-in-time compilers are warm before it counts. */
  readonly warmUpSeconds: number;
  readonly directory: string;
}

/** Throws where the books are wrong afterwards. */
export async function takeTurn(peer: Peer, options: TurnOptions): Promise<Figures> {
  await using servers = await peer.start(options.directory);
  const lanes = await servers.lanes(options.workload);
  try {
    return await measure(servers, lanes, options);
  } finally {
    await Promise.all(lanes.map((lane) => lane.close()));
  }
}

async function measure(
  servers: RunningPeer,
  lanes: readonly Lane[],
  { seconds, warmUpSeconds }: TurnOptions,
): Promise<Figures> {
  await loadFor(lanes, warmUpSeconds);
  const before = usage(servers.pids);
  const { operations, samplesMs, tookSeconds } = await loadFor(lanes, seconds);
  const after = usage(servers.pids);
  const fault = await servers.checkBooks();
  if (fault !== undefined) throw new Error(`books: ${fault}`);
  const sorted = Float64Array.from(samplesMs).sort();
  const serverSeconds = after.servers - before.servers;
  const foreign = after.machine - before.machine - serverSeconds - (after.client - before.client);
  return {
    throughput: operations / tookSeconds,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    max: percentile(sorted, 1),
    cpuPer1000: serverSeconds / (operations / 1_000),
    foreignCores: Math.max(0, foreign / tookSeconds),
  };
}

/** Processor seconds so far. */
function usage(pids: readonly number[]): { servers: number; client: number; machine: number } {
  const { user, system } = process.cpuUsage();
  return {
    servers: cpuSeconds(pids), client: (user + system) / 1e6, machine: machineCpuSeconds(),
  };
}

interface Load {
  readonly operations: number;
  readonly samplesMs: readonly number[];
  readonly tookSeconds: number;
}

/** Every lane does one thing after the other until the time is over. */
async function loadFor(lanes: readonly Lane[], seconds: number): Promise<Load> {
  const samplesMs: number[] = [];
  let operations = 0;
  const startMs = performance.now();
  const untilMs = startMs + seconds * 1_000;
  const work = async (lane: Lane): Promise<void> => {
    let nowMs = performance.now();
    while (nowMs < untilMs) {
      const beforeMs = nowMs;
      const done = await lane.once();
      operations += done;
      nowMs = performance.now();
      samplesMs.push(nowMs - beforeMs);
    }
  };
  await Promise.all(lanes.map(work));
  return { operations, samplesMs, tookSeconds: (performance.now() - startMs) / 1_000 };
}
