/** What was measured as tables of text, and its numbers in words. */
import { alignColumns } from '../../../src/cli/table.ts';
import {
  faultsOf, judgeTargets, sectionsOf, type Comparison, type JudgedTarget,
} from './figures.ts';
import { AXIS_WORDS, overloadText, type Axis, type Growth } from './growth-plan.ts';
import { WORKLOAD_WORDS } from './peer.ts';

const HEADINGS = ['', 'ops/s', 'p50 ms', 'p99 ms', 'CPU s/1,000', 'foreign', 'bankd : it'];
const NUMBERS = [1, 2, 3, 4, 5, 6];

export function formatComparison(comparison: Comparison): string {
  const { rounds, seconds, machine, contenders } = comparison;
  const tables = sectionsOf(comparison).flatMap(({ workload, rows }) => {
    const cells = rows.map(({ contender, figures, ratio }) => [
      `  ${contender.name}`, wholeText(figures.throughput), millisecondsText(figures.p50),
      millisecondsText(figures.p99), cpuText(figures.cpuPer1000), coresText(figures.foreignCores),
      ratio === undefined ? '' : ratioText(ratio),
    ]);
    const heading = `${workload.toUpperCase()}, ${WORKLOAD_WORDS[workload]}`;
    return ['', heading, ...alignColumns([HEADINGS, ...cells], NUMBERS)];
  });
  const missing = contenders.flatMap(({ name, missing: lack }) =>
    lack === undefined ? [] : [`not measured: ${name}: ${lack}`]);
  const faults = faultsOf(comparison).map((fault) => `WRONG: ${fault}`);
  return [
    machine,
    `medians of ${rounds} rounds, ${seconds} s each; foreign: processors busy for others`,
    ...tables,
    '',
    ...judgeTargets(comparison).map(targetText),
    ...missing,
    ...faults,
  ].join('\n');
}

/** `target W1: 1.28 times redis: 1.43, met`. */
export function targetText({ workload, against, ratio, reached, isMet }: JudgedTarget): string {
  const outcome = reached === undefined ? 'not measured'
    : `${ratioText(reached)}, ${isMet ? 'met' : 'missed'}`;
  return `target ${workload.toUpperCase()}: ${ratio} times ${against}: ${outcome}`;
}

export function wholeText(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Three digits. */
export function millisecondsText(ms: number): string {
  return ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0);
}

export function cpuText(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-';
  return seconds < 0.01 ? seconds.toFixed(5) : seconds.toFixed(3);
}

/** Not known where the system does not tell. */
export function coresText(cores: number): string {
  return Number.isFinite(cores) ? cores.toFixed(2) : '-';
}

export function ratioText(ratio: number): string {
  return ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(1);
}

export function formatGrowth(growth: Growth): string {
  const { machine, seconds, sweeps, overload, faults } = growth;
  const tables = Object.entries(sweeps).flatMap(([axis, points]) => {
    if (points.length === 0) return [];
    const cells = points.map(({ at, throughput, p50, p99 }) => [
      `  ${wholeText(at)}`, wholeText(throughput), millisecondsText(p50), millisecondsText(p99),
    ]);
    const heading = AXIS_WORDS[axis as Axis];
    const heads = ['', 'ops/s', 'p50 ms', 'p99 ms'];
    return ['', heading, ...alignColumns([heads, ...cells], [0, 1, 2, 3])];
  });
  return [
    machine,
    `one run of ${seconds} s each`,
    ...tables,
    '',
    ...(overload === undefined ? [] : [`overload: ${overloadText(overload)}`]),
    ...faults.map((fault) => `not measured: ${fault}`),
  ].join('\n');
}
