/** Figures and faults, as they come in. */
import type { Figures, Series } from './figures.ts';
import type { Workload } from './peer.ts';

export class SeriesBook {
  readonly #series = new Map<string, Series & { rounds: Figures[]; faults: string[] }>();

  get all(): readonly Series[] {
    return [...this.#series.values()];
  }

  add(contender: string, workload: Workload, figures: Figures): void {
    this.#of(contender, workload).rounds.push(figures);
  }

  fail(contender: string, workload: Workload, fault: string): void {
    this.#of(contender, workload).faults.push(fault);
  }

  #of(contender: string, workload: Workload): { rounds: Figures[]; faults: string[] } {
    const key = `${contender} ${workload}`;
    const series = this.#series.get(key) ?? { contender, workload, rounds: [], faults: [] };
    this.#series.set(key, series);
    return series;
  }
}
