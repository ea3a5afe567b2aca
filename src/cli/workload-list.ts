/** What `--workload` names. */
import { ALL, WORKLOADS, type Workload } from '../bench/workloads.ts';
import type { StrictValidator } from 'typanion';
import { isParsed } from './validators.ts';

const EVERY = 'all';

/** Some of them, by their short or long names, each once, with commas between; or all. */
export function isWorkloadList(): StrictValidator<unknown, readonly Workload[]> {
  const names = WORKLOADS.map(({ name }) => name).join(', ');
  return isParsed(`expected some of ${names}, with commas between, or ${EVERY}`, readList);
}

function readList(text: string): readonly Workload[] | undefined {
  const chosen = new Set<Workload>();
  for (const word of text.split(',')) {
    const name = word.trim().toLowerCase();
    const named = name === EVERY
      ? ALL : WORKLOADS.filter((each) => each.name === name || each.longName === name);
    if (named.length === 0) return undefined;
    for (const workload of named) chosen.add(workload);
  }
  return [...chosen];
}
