/**
 * `npm run bench:growth`: how bankd's cost grows with clients, batch, accounts and history, and
 * what it does under four times as much as it sustains.
 *
 *     npm run bench:growth -- --html growth.html
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureGrowth } from './growth.ts';
import { GROWTH_SCALES, judgeOverload, partOf } from './growth-plan.ts';
import { runHarness } from './harness.ts';
import { formatPage } from './page.ts';
import { formatGrowth } from './text.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'clients,batch,accounts,journal,overload' },
    json: { type: 'boolean', default: false },
    html: { type: 'string' },
    smoke: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const USAGE = `npm run bench:growth -- [--only clients,batch,accounts,journal,overload]
  [--json] [--html FILE] [--smoke]`;

async function run(directory: string): Promise<number> {
  const scale = values.smoke ? GROWTH_SCALES.smoke : GROWTH_SCALES.whole;
  const growth = await measureGrowth(directory, partOf(scale, values.only.split(',')));
  if (values.html !== undefined) writeFileSync(values.html, formatPage({ growth }));
  console.log(values.json ? JSON.stringify({ growth }) : formatGrowth(growth));
  const { faults, overload } = growth;
  const isPassed = overload === undefined || judgeOverload(overload).isPassed;
  return faults.length === 0 && isPassed ? 0 : 1;
}

if (values.help) console.log(USAGE);
else await runHarness(run);
