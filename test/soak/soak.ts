/**
 * The long trials: `npm run soak`, `npm run soak -- flapping memory --minutes 10`. Each is a bank
 * of real processes under load and faults, and ends in a verdict line; the exit status is 0 where
 * all are right. Without names all run, for a minute each; the matrix as long as it takes.
 */
import { parseArgs } from 'node:util';
import { soakAllKilled } from './all-killed.ts';
import { soakClients } from './clients.ts';
import { soakFlapping } from './flapping.ts';
import { soakLarge } from './large.ts';
import { soakMainJob } from './main-job.ts';
import { soakMatrix } from './matrix.ts';
import { soakMemory } from './memory.ts';

/** Resolves to whether everything was right; says what was wrong. */
type Soak = (minutes: number, seed: number) => Promise<boolean>;

const SOAKS: Readonly<Record<string, Soak>> = {
  'main-job': (_minutes, seed) => soakMainJob(100_000, seed),
  flapping: soakFlapping,
  'all-killed': soakAllKilled,
  clients: soakClients,
  memory: soakMemory,
  large: soakLarge,
  matrix: (_minutes, seed) => soakMatrix({
    seed, only: values.only, case: values.case,
    minutes: values.minutes === undefined ? undefined : minutes,
  }),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
    case: { type: 'string' },
  },
});
const minutes = Number(values.minutes ?? 1);
const seed = Number(values.seed);
const names = positionals.length > 0 ? positionals : Object.keys(SOAKS);
const unknown = names.filter((name) => SOAKS[name] === undefined);
if (unknown.length > 0 || !(minutes > 0) || !Number.isSafeInteger(seed)) {
  const all = Object.keys(SOAKS).join('|');
  console.error(`usage: npm run soak -- [${all}]… [--minutes N] [--seed N]`);
  console.error('       matrix: [--only PART] [--case NAME]');
  process.exit(2);
}

let allRight = true;
for (const name of names) {
  console.log(`${name}: ${minutes} min; again: npm run soak -- ${name} --seed ${seed}`);
  let right = false;
  try {
    right = (await SOAKS[name]?.(minutes, seed)) ?? false;
  } catch (error) {
    console.log(error);
  }
  console.log(`verdict ${name}: ${right ? 'right' : 'WRONG'}`);
  allRight &&= right;
}
process.exit(allRight ? 0 : 1);
