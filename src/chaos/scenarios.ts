/**
 * The plans that bankd brings along, by name, in the language of plans. Each is a fault that
 * replicated systems lost data to, or could not be used after.
 */
import { parsePlan } from './parse-plan.ts';
import type { Plan } from './plan.ts';

export interface Scenario {
  readonly name: string;
  /** What it is for, without a full stop. */
  readonly about: string;
  readonly text: string;
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'gentle',
    about: 'one backend at a time: killed, paused for longer than is waited for, killed again',
    text: `at 3s kill 1
           at 11s pause 1 for 3s
           at 20s kill 1`,
  },
  {
    name: 'rolling',
    about: 'every backend is killed in turn, as when machines are replaced one by one',
    text: `at 3s kill backend 1
           at 9s kill backend 2
           at 15s kill backend 3
           at 22s kill 2`,
  },
  {
    name: 'flapping',
    about: 'a backend that is killed whenever it is back, so that it never stays in sync for long',
    text: 'every 500ms from 2s until 25s kill backend 2',
  },
  {
    name: 'last-replica-standing',
    about: 'two backends die, then the one that alone has what was answered since; it returns last',
    text: `at 3s pause backend 3 for 7s
           at 3s pause backend 2 for 9s
           at 6s kill backend 1
           at 20s kill 2
           at 20500ms kill 1`,
  },
  {
    name: 'frontend',
    about: 'the coordinator dies in the middle of transactions, alone and together with a backend',
    text: `at 3s frontend
           at 12s frontend
           at 12s kill 1
           at 22s frontend`,
  },
  {
    name: 'pauses',
    about: 'processes that stand still for less, as long as, and more than the read timeout',
    text: `at 2s pause 1 for 300ms
           at 4s pause 1 for 900ms
           at 7s pause 1 for 1s
           at 10s pause 1 for 1100ms
           at 13s pause 2 for 1s
           at 17s pause 2 for 3s
           at 24s pause 1 for 2s`,
  },
  {
    name: 'network',
    about: 'connections are cut: both ways, one way, without a word (half-open), and made slow',
    text: `at 2s cut 1 for 3s
           at 7s cut 1 half-open for 3s
           at 12s cut 1 to for 3s
           at 17s cut 1 from for 3s
           at 22s cut 1 slow for 3s`,
  },
  {
    name: 'storm',
    about: 'kills, pauses and cuts on top of each other, faster than anyone recovers',
    text: `every 2300ms kill 1
           every 1700ms pause 1 for 800ms
           every 3100ms cut 1 for 1s
           at 15s frontend`,
  },
  {
    name: 'disks',
    about: 'data is damaged and lost: a flipped bit, an empty directory (needs --yes-really)',
    text: `at 3s corrupt 1
           at 13s wipe 1
           at 23s wipe 1`,
  },
  {
    name: 'everything',
    about: 'every fault there is, one after the other (needs --yes-really)',
    text: `at 2s kill 1
           at 8s pause 1 for 2s
           at 12s cut 1 half-open for 3s
           at 17s cut 1 slow for 2s
           at 21s frontend
           at 27s corrupt 1
           at 37s wipe 1
           at 47s all`,
  },
];

/** Undefined where there is none of that name. */
export function scenarioNamed(name: string): Plan | undefined {
  const scenario = SCENARIOS.find((each) => each.name === name);
  if (scenario === undefined) return undefined;
  const parsed = parsePlan(scenario.text, name);
  if (!parsed.ok) throw new Error(`scenario ${name}: ${parsed.error.sentence}`);
  return parsed.plan;
}

/** A line for each. */
export function scenarioLines(): readonly string[] {
  const width = Math.max(...SCENARIOS.map(({ name }) => name.length));
  return SCENARIOS.map(({ name, about }) => `${name.padEnd(width)}  ${about}`);
}
