/** What `bankd sim` says of one seed: its options, its trace, the verdict, how to repeat it. */
import { Random } from '../core/random.ts';
import { formatOutcomes } from './sim-progress.ts';
import { RecentLines } from '../sim/recent-lines.ts';
import { describeOptions, drawOptions, type SimOverrides } from '../sim/sim-options.ts';
import { traceWatch } from '../sim/sim-trace.ts';
import { simulate, type Verdict } from '../sim/simulate.ts';
import { resultOf, type SeedResult } from './sim-seeds.ts';

/** Lines of the trace that are shown before a violation. */
const LINES_SHOWN = 200;

export type Say = (line: string) => void;

/** Runs the seed, and says everything of it: options first, the hash last. */
export async function reportSeed(
  seed: number, overrides: SimOverrides, isTraced: boolean, say: Say,
): Promise<SeedResult> {
  for (const line of describeOptions(drawOptions(seed, new Random(seed), overrides))) say(line);
  say('');
  const recent = new RecentLines(LINES_SHOWN);
  const onLine = isTraced ? say : (line: string): void => recent.add(line);
  const verdict = await simulate(seed, overrides, traceWatch(onLine));
  if (verdict.found.length > 0 && !isTraced) sayRecent(recent, say);
  sayVerdict(verdict, overrides, say);
  return resultOf(verdict);
}

/** `--backends 2 --clients 3`, as given; empty where nothing was. */
export function formatOverrides(overrides: SimOverrides): string {
  return Object.entries(overrides)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` --${name} ${value}`)
    .join('');
}

function sayRecent(recent: RecentLines, say: Say): void {
  const { lines, omitted } = recent;
  if (omitted > 0) say(`(${omitted} lines before are left out; --trace shows all)`);
  for (const line of lines) say(line);
}

function sayVerdict(verdict: Verdict, overrides: SimOverrides, say: Say): void {
  const { options, found, faults } = verdict;
  const { simulatedMs, hash, ...result } = resultOf(verdict);
  say('');
  for (const violation of found) say(`VIOLATION   ${violation}`);
  say(`operations  ${formatOutcomes(result)}`);
  say(`faults      ${faults.length} struck, in ${simulatedMs} ms of simulated time`);
  say(`verdict     ${found.length === 0 ? 'nothing that must hold was broken' : 'BROKEN'}`);
  if (found.length > 0) {
    say(`repeat      bankd sim --seed ${options.seed} --trace${formatOverrides(overrides)}`);
  }
  say(`hash        ${hash}`);
}
