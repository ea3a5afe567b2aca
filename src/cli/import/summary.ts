/** What came of a file, as it is counted, and as it is told. */
import { oneLine } from '../quote.ts';
import type { RowKind } from './columns.ts';
import type { StopReason } from './stopped.ts';

export interface Summary {
  readonly file: string;
  readonly kind: RowKind;
  readonly batch: string;
  readonly isDryRun: boolean;
  /** Read. Those that are in none of the others were not answered, or not tried. */
  rows: number;
  done: number;
  /** Of those done: in an earlier import under the same keys. */
  before: number;
  refused: number;
  /** They may have happened, or may still. */
  unknown: number;
  seconds: number;
  /** Why it ended before the rows did. */
  stopped?: StopReason;
}

export function formatSummary(summary: Summary): string {
  const { file, rows, done, before, refused, unknown, seconds, stopped, isDryRun } = summary;
  const earlier = before === 0 ? '' : ` (${before} of them before)`;
  const parts = isDryRun
    ? [`${done} could be done`, `${refused} would be refused`]
    : [`${done} done${earlier}`, `${refused} refused`];
  if (unknown > 0) parts.push(`${unknown} unknown`);
  const end = stopped === undefined ? '' : '; NOT TO THE END';
  const time = `${seconds.toFixed(1)} s, ${rateOf(summary)} rows/s`;
  return `${oneLine(file)}: ${rows} ${summary.kind}: ${parts.join(', ')}; ${time}${end}`;
}

export function summaryJson(summary: Summary): object {
  const { isDryRun, seconds, stopped, ...counts } = summary;
  return {
    ok: counts.refused === 0 && stopped === undefined,
    ...counts,
    dryRun: isDryRun,
    seconds: Number(seconds.toFixed(3)),
    rowsPerSecond: rateOf(summary),
    stopped: stopped ?? null,
  };
}

function rateOf({ rows, seconds }: Summary): number {
  return Math.round(rows / Math.max(seconds, 0.001));
}
