/**
 * `bankd chaos` with a plan: what is needed for a run is put together, and its verdict told.
 */
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realWorld } from '../chaos/chaos-world.ts';
import { inject, untilWhole } from '../chaos/inject.ts';
import { formatPlan } from '../chaos/plan.ts';
import { runPlan, type RunResult } from '../chaos/plan-run.ts';
import { formatReport } from '../chaos/report.ts';
import type { Judge } from '../chaos/run-verdict.ts';
import { summarize, type RunSummary } from '../chaos/run-summary.ts';
import { Random } from '../core/random.ts';
import { fromErrno } from '../host/environment-error.ts';
import { fetchStatus } from '../host/fetch-status.ts';
import type { BankAddress } from '../host/server-options.ts';
import type { ChosenPlan } from './chosen-plan.ts';
import { CliError, notAllowed } from './cli-error.ts';
import { isTerminal } from './colour.ts';
import { note, type CliContext } from './context.ts';
import { connectTo } from './connect-to.ts';
import { exitStatusOfSignal, EXIT } from './exit-status.ts';
import { refusalOfOutcome, refusalOfResult } from './refusal.ts';
import { summaryLines } from './run-summary-text.ts';
import { Interruption } from './signals.ts';
import { version } from './version.ts';

export interface PlannedRun {
  readonly chosen: ChosenPlan;
  readonly bank: BankAddress;
  readonly clients: number;
  readonly rate: number;
  readonly historyPath: string | undefined;
  readonly reportPath: string | undefined;
  readonly json: boolean;
  readonly judge: Judge | undefined;
}

/** A request is tried for so long: longer than a frontend needs to come back. */
const TIMEOUT_MS = 10_000;

/** Resolves to the exit status. */
export async function runPlanned(context: CliContext, planned: PlannedRun): Promise<number> {
  const { chosen, json, reportPath } = planned;
  const say = (line: string): void => {
    (json ? context.stderr : context.stdout).write(`${line}\n`);
  };
  // Whether they can be written is found out before anything is done to a bank.
  for (const path of [reportPath, planned.historyPath]) {
    if (path !== undefined) await write(path, '');
  }
  say(`plan ${chosen.plan.name}, seed ${chosen.seed}`);
  for (const line of formatPlan(chosen.plan)) say(`  ${line}`);
  const startedAt = new Date().toISOString().replace(/T(.*)\..*/, ' $1 UTC');
  using interruption = new Interruption();
  const { signal: interrupted } = interruption;
  const historyPath = planned.historyPath ?? temporaryHistory();
  const result = await run(context, planned, { historyPath, interrupted, say });
  const summary = summarize(result, chosen.plan, {
    seed: chosen.seed, startedAt, version,
    command: commandOf(planned),
    historyPath: await keepHistory(planned, historyPath, result),
  });
  if (reportPath !== undefined) await write(reportPath, formatReport(summary, result.timeline));
  for (const line of summaryLines(summary)) say(line);
  if (reportPath !== undefined) say(`report    ${reportPath}`);
  if (json) context.stdout.write(`${JSON.stringify(summary)}\n`);
  return exitStatusOf(summary, interrupted);
}

interface Place {
  readonly historyPath: string;
  readonly interrupted: AbortSignal;
  say(line: string): void;
}

async function run(context: CliContext, planned: PlannedRun, place: Place): Promise<RunResult> {
  const { chosen, bank, clients, rate, judge } = planned;
  const { plan, forMs, seed } = chosen;
  await using client = await connectTo(bank, TIMEOUT_MS);
  const report = await fetchStatus(client);
  if (report?.chaos === false) throw notAllowed('this bank was started with --no-chaos');
  const random = new Random(seed);
  const world = { ...realWorld, random: () => random.next() };
  const result = await runPlan({
    plan, forMs, seed, clients, rate, judge, ...place,
    inject: (order, stage) => inject(order, { client, world, ...stage }),
    untilWhole: (patienceMs, stage) => untilWhole({ client, world, ...stage }, patienceMs),
    connect: () => connectTo(bank, TIMEOUT_MS),
    refusalOf: (outcome) => outcome.kind === 'answered'
      ? refusalOfResult(outcome.result, outcome.request) : refusalOfOutcome(outcome),
    sayThroughput: isTerminal(context.stderr) ? (line) => note(context, line) : undefined,
  });
  if (result !== undefined) return result;
  throw new CliError(EXIT.unreachable, 'the bank does not let an account be created');
}

function temporaryHistory(): string {
  const stamp = new Date().toISOString().replaceAll(/[-:]|\..*/g, '');
  return join(tmpdir(), `bankd-chaos-${stamp}-${process.pid}.ndjson`);
}

/** One that nobody asked for is kept only where somebody will want to look at it. */
async function keepHistory(
  { historyPath }: PlannedRun,
  path: string,
  { verdict }: RunResult,
): Promise<string | undefined> {
  if (historyPath !== undefined || verdict.word !== 'passed') return path;
  await rm(path, { force: true });
  return undefined;
}

function commandOf({ chosen, clients, rate, bank }: PlannedRun): string {
  const load = ['--clients', String(clients), '--rate', String(rate), '--port', String(bank.port)];
  const words = ['bankd', 'chaos', ...chosen.flags, ...load];
  return words.map((word) => (/^[\w./-]+$/.test(word) ? word : `'${word}'`)).join(' ');
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw fromErrno(error, `write ${path}`);
  }
}

/** A violation is told even where the run was interrupted. */
function exitStatusOf({ verdict }: RunSummary, interrupted: AbortSignal): number {
  const signalled = exitStatusOfSignal(Number(interrupted.reason));
  switch (verdict) {
    case 'violated':
      return EXIT.integrity;
    case 'not-back':
      return interrupted.aborted ? signalled : EXIT.unreachable;
    case 'interrupted':
      return signalled;
    case 'undecided':
      return EXIT.refused;
    case 'passed':
    case 'unchecked':
      return EXIT.done;
  }
}
