/** The results of `bankd bench` as people read them: a block for each. */
import type { Bound } from '../bench/machine.ts';
import type {
  BenchResult, BooksResult, FailoverResult, SettingResult, WorkloadResult,
} from '../bench/result.ts';
import { describeWorkload, WORKLOADS } from '../bench/workloads.ts';
import { oneLine } from './quote.ts';
import { formatBytes } from './status-table.ts';

const UNKNOWN = 'unknown';
/** The widest name of a row. */
const LABEL = 10;

export function benchLines(result: BenchResult): readonly string[] {
  switch (result.type) {
    case 'workload': return workloadLines(result);
    case 'failover': return failoverLines(result);
    case 'setting': return settingLines(result);
  }
}

/** `1,234,567.8`. */
export function groupDigits(value: number): string {
  return value.toLocaleString('en-US');
}

function workloadLines(result: WorkloadResult): readonly string[] {
  const { accounts, distribution, seconds, latencyMs, longestGapMs } = result;
  const latency = latencyMs === null ? 'nothing was done'
    : `p50 ${latencyMs.p50} ms, p90 ${latencyMs.p90}, p99 ${latencyMs.p99},` +
      ` p99.9 ${latencyMs.p999}, max ${latencyMs.max}; longest time without an answer` +
      ` ${longestGapMs} ms`;
  return [
    titleOf(result),
    row('over', `${groupDigits(accounts)} accounts, ${distribution}, ${seconds} s`),
    row('throughput', throughput(result)),
    row('latency', latency),
    row('cpu', cpu(result)),
    row('fsyncs', syncs(result)),
    row('written', written(result)),
    row('memory', memory(result)),
    row('beside', beside(result)),
    row('books', books(result.books)),
    '',
  ];
}

function failoverLines(result: FailoverResult): readonly string[] {
  const { accounts, distribution, gapsMs, medianMs, maxMs, operations } = result;
  return [
    titleOf(result),
    row('over', `${groupDigits(accounts)} accounts, ${distribution}, ${gapsMs.length} kills`),
    row('no answer', `for ${medianMs} ms (median), ${maxMs} ms at most; each ${gapsMs.join(', ')}`),
    row('answers', `${groupDigits(operations)} done, 0 of them lost${notDone(result)}`),
    '',
  ];
}

function settingLines(setting: SettingResult): readonly string[] {
  const { bank, address, version, directory, fileSystem, machine, books: checked } = setting;
  const { cpu: model, cores, memoryBytes, kernel, node } = machine;
  const kind = bank === 'scratch' ? 'made for this, and removed' : `running at ${address}`;
  return [
    'setting',
    row('bank', `bankd ${oneLine(version ?? UNKNOWN)}, ${kind}`),
    row('durability', setting.durability),
    row('data', directory === null ? UNKNOWN
      : `${oneLine(directory)}, on ${fileSystem ?? 'a file system that is not known'}`),
    row('machine', `${oneLine(model)}, ${cores} cores, ${formatBytes(memoryBytes)}, ${kernel},` +
      ` Node ${node}; the client runs on it`),
    row('bounds', `fdatasync of 4 KiB ${bound(setting.fdatasyncMs)}; loopback round trip of 64 B` +
      ` ${bound(setting.roundTripMs)}`),
    ...(checked === null ? [] : [row('books', books(checked))]),
  ];
}

function titleOf(result: WorkloadResult | FailoverResult): string {
  const workload = WORKLOADS.find(({ name }) => name === result.workload);
  if (workload === undefined) return result.workload;
  const { batch, inFlight, rate } = result.type === 'workload'
    ? result : { batch: null, inFlight: null, rate: null };
  return `${result.workload.padEnd(LABEL + 2)}  ${describeWorkload(workload, {
    clients: result.clients, batch: batch ?? 0, inFlight: inFlight ?? 0, rate: rate ?? undefined,
  })}`;
}

function throughput(result: WorkloadResult): string {
  const { operations, operationsPerSecond, offered, seconds } = result;
  const asked = offered === null ? '' : `; ${perSecond(offered, seconds)} were offered`;
  return `${groupDigits(operationsPerSecond)}/s (${groupDigits(operations)} done` +
    `${notDone(result)})${asked}`;
}

/** Empty where everything was done. */
function notDone(
  result: Pick<WorkloadResult, 'busy' | 'unavailable' | 'unknown'> & { readonly dropped?: number },
): string {
  const { busy, unavailable, unknown, dropped = 0 } = result;
  const parts: readonly (readonly [number, string])[] = [
    [busy, 'refused as BUSY'], [unavailable, 'refused as UNAVAILABLE'],
    [unknown, 'not answered in time, and asked about later'],
    [dropped, 'left out by the client, which had too many open'],
  ];
  return parts.filter(([count]) => count > 0)
    .map(([count, what]) => `, ${groupDigits(count)} ${what}`).join('');
}

/** Of bulk, what one operation takes is told in microseconds; else what a thousand take. */
function cpu({ batch, processes, serversCpuSecondsPer1000 }: WorkloadResult): string {
  const isBulk = batch !== null;
  // A second for 1,000 operations is a millisecond for each.
  const text = (seconds: number | null): string => {
    if (seconds === null) return UNKNOWN;
    return isBulk ? (seconds * 1000).toFixed(3) : seconds.toFixed(4);
  };
  const each = processes.map(({ name, cpuSecondsPer1000 }) => `${name} ${text(cpuSecondsPer1000)}`);
  const unit = isBulk ? 'µs an operation' : 's for 1,000 operations';
  return `servers ${text(serversCpuSecondsPer1000)} ${unit}: ${each.join(', ')}`;
}

function syncs(result: WorkloadResult): string {
  const { syncsPerSecondOfBackend, syncsPerOperation, checkpoints } = result;
  if (syncsPerSecondOfBackend === null) return UNKNOWN;
  const each = syncsPerOperation === null ? UNKNOWN : String(Number(syncsPerOperation.toFixed(5)));
  return `${groupDigits(syncsPerSecondOfBackend)}/s on each backend, ${each} an operation in all;` +
    ` ${checkpoints ?? UNKNOWN} checkpoints`;
}

function written({ writtenBytes: bytes, operations, seconds }: WorkloadResult): string {
  if (bytes === null) return UNKNOWN;
  const each = operations === 0 ? UNKNOWN : formatBytes(Math.round(bytes / operations));
  return `${formatBytes(bytes / seconds)}/s by the backends, ${each} an operation`;
}

function memory({ processes }: WorkloadResult): string {
  return processes.map(({ name, residentBytes, peakBytes }) => {
    if (residentBytes === null) return `${name} ${UNKNOWN}`;
    return `${name} ${formatBytes(residentBytes)} (at most ${formatBytes(peakBytes ?? NaN)})`;
  }).join(', ');
}

function beside({ foreignCores, stolenCores }: WorkloadResult): string {
  return `others kept ${foreignCores ?? UNKNOWN} cores busy, ${stolenCores ?? UNKNOWN} were stolen`;
}

function books({ accounts, total, areAlike }: BooksResult): string {
  const replicas = areAlike ? 'replicas alike' : 'replicas, never at one seq, not compared';
  const held = `${groupDigits(accounts)} accounts hold ${total}, each what it should`;
  return `in order: ${held}; ${replicas}`;
}

function bound(times: Bound | null): string {
  return times === null ? UNKNOWN : `p50 ${times.p50} ms, p99 ${times.p99} ms`;
}

function perSecond(count: number, seconds: number): string {
  return `${groupDigits(Math.round(count / seconds))}/s`;
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(LABEL)}  ${text}`;
}
