/** Comparisons with made-up figures, for the tests of what is made of them. */
import type { Comparison, Figures, Series } from './figures.ts';
import type { Workload } from './peer.ts';

type ByWorkload<Value> = Readonly<Partial<Record<Workload, Value>>>;

export function figuresOf(throughput: number, p50 = 1): Figures {
  return { throughput, p50, p99: 2 * p50, max: 10, cpuPer1000: 0.1, foreignCores: 0 };
}

/** One round each; beside those named there is etcd, which is missing. */
export function comparisonOf(
  throughputs: Readonly<Record<string, ByWorkload<number>>>,
  faults: Readonly<Record<string, ByWorkload<readonly string[]>>> = {},
): Comparison {
  const series = Object.entries(throughputs).flatMap(([contender, byWorkload]) =>
    Object.entries(byWorkload).map(([name, throughput]): Series => {
      const workload = name as Workload;
      const wrong = faults[contender]?.[workload] ?? [];
      return { contender, workload, rounds: [figuresOf(throughput)], faults: wrong };
    }));
  const present = Object.keys(throughputs).map((key) => ({ key, name: key, setting: `<${key}>` }));
  const missing = 'no etcd: package etcd-server';
  return {
    startedAt: '2026-01-02T03:04:05.000Z', machine: '2 x processors', rounds: 1, seconds: 5,
    contenders: [...present, { key: 'etcd', name: 'etcd', setting: 'three nodes', missing }],
    series,
  };
}
