/**
 * `npm run bench:peers`: bankd beside the systems that a user would pick instead, in one run, on
 * the same processors and disks.
 *
 * Interleaved: in every round each workload is put on one system after the other, so that what else
 * the machine does falls on all of them alike. A system's servers run only in its own turns: they
 * are started, warmed up, measured, checked and ended; in between, the disk is synced.
 *
 *     npm run bench:peers -- --rounds 3 --seconds 5 --html peers.html
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { figuresOfBankd, runBankdBench } from './bankd-bench.ts';
import { etcd } from './etcd.ts';
import {
  BANKD, faultsOf, type Comparison, type Contender, type Figures,
} from './figures.ts';
import { measureGrowth } from './growth.ts';
import { GROWTH_SCALES } from './growth-plan.ts';
import { note, runHarness, settleDisk } from './harness.ts';
import { machineText } from './machine-load.ts';
import { ACCOUNTS, WORKLOADS, type Peer, type Workload } from './peer.ts';
import { formatPage } from './page.ts';
import { postgresStandbys } from './postgres-standbys.ts';
import { postgresTwoPhase } from './postgres-two-phase.ts';
import { redis } from './redis.ts';
import { SeriesBook } from './series-book.ts';
import { formatComparison, millisecondsText, wholeText } from './text.ts';
import { takeTurn, type TurnOptions } from './turn.ts';

const PEERS: readonly Peer[] = [postgresStandbys, postgresTwoPhase, redis, etcd];

const BANKD_SETTING =
  'a frontend and three backends, an answer is synced by all three; ids, history, sessions, ' +
  'checkpoints, digests and failover are on';

const USAGE = `npm run bench:peers -- [--rounds 3] [--seconds 5] [--warm-up 1]
  [--workloads w1,w2,w3,w4,w4n,r1] [--only bankd,postgres,postgres-2pc,redis,etcd]
  [--json] [--html FILE] [--growth] [--smoke]`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    'warm-up': { type: 'string', default: '1' },
    workloads: { type: 'string', default: WORKLOADS.join() },
    only: { type: 'string', default: [BANKD, ...PEERS.map(({ key }) => key)].join() },
    json: { type: 'boolean', default: false },
    html: { type: 'string' },
    growth: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function run(directory: string): Promise<number> {
  const rounds = values.smoke ? 1 : Number(values.rounds);
  const seconds = values.smoke ? 0.3 : Number(values.seconds);
  const warmUpSeconds = values.smoke ? 0.1 : Number(values['warm-up']);
  const workloads = WORKLOADS.filter((workload) => values.workloads.split(',').includes(workload));
  const entrants = allEntrants().filter(({ contender }) =>
    values.only.split(',').includes(contender.key));
  for (const { contender } of entrants) {
    const { name, missing } = contender;
    if (missing !== undefined) note(`not measured: ${name}: ${missing}`);
  }
  const startedAt = new Date().toISOString();
  const book = new SeriesBook();
  for (let round = 1; round <= rounds; round += 1) {
    for (const workload of workloads) {
      for (const entrant of entrants) {
        const { contender, measure } = entrant;
        if (contender.missing !== undefined || !entrant.workloads.includes(workload)) continue;
        const home = join(directory, contender.key);
        mkdirSync(home, { recursive: true });
        await settleDisk();
        const label = `round ${round}: ${workload} ${contender.key}`;
        try {
          const figures = await measure({ workload, seconds, warmUpSeconds, directory: home });
          book.add(contender.key, workload, figures);
          const { throughput, p50, p99 } = figures;
          const times = `p50 ${millisecondsText(p50)} ms, p99 ${millisecondsText(p99)} ms`;
          note(`${label}: ${wholeText(throughput)}/s, ${times}`);
        } catch (error) {
          const fault = error instanceof Error ? error.message : String(error);
          book.fail(contender.key, workload, fault);
          note(`${label}: FAILED: ${fault}`);
        }
      }
    }
  }
  const comparison: Comparison = {
    startedAt, machine: machineText(), rounds, seconds,
    contenders: entrants.map(({ contender }) => contender), series: book.all,
  };
  const growth = values.growth
    ? await measureGrowth(directory, values.smoke ? GROWTH_SCALES.smoke : GROWTH_SCALES.whole)
    : undefined;
  if (values.html !== undefined) writeFileSync(values.html, formatPage({ comparison, growth }));
  console.log(values.json ? JSON.stringify({ comparison, growth }) : formatComparison(comparison));
  return faultsOf(comparison).length === 0 ? 0 : 1;
}

/** Somebody who takes part, and how he is measured. */
interface Entrant {
  readonly contender: Contender;
  readonly workloads: readonly Workload[];
  readonly measure: (options: TurnOptions) => Promise<Figures>;
}

function allEntrants(): readonly Entrant[] {
  const ours: Entrant = {
    contender: { key: BANKD, name: 'bankd', setting: BANKD_SETTING },
    workloads: WORKLOADS.filter((workload) => workload !== 'w4n'),
    measure: async ({ workload, seconds, directory }) => {
      const flags = ['--accounts', String(ACCOUNTS)];
      return figuresOfBankd(await runBankdBench({ workload, seconds, directory, flags }));
    },
  };
  const others = PEERS.map((peer): Entrant => {
    const { key, name, setting } = peer;
    const missing = peer.missing();
    return {
      contender: { key, name, setting, ...(missing === undefined ? {} : { missing }) },
      workloads: WORKLOADS,
      measure: (options) => takeTurn(peer, options),
    };
  });
  return [ours, ...others];
}

if (values.help) console.log(USAGE);
else await runHarness(run);
