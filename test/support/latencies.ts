/** Percentiles of a list of times, in milliseconds with three digits. */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export function summarize(samplesMs: number[]): Latencies {
  const sorted = samplesMs.sort((one, other) => one - other);
  const at = (part: number): number => {
    const sample = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
    return Math.round(sample * 1000) / 1000;
  };
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
