/**
 * The long trials: `npm run soak`, `npm run soak -- flapping memory --minutes 10`. Each is a bank
 * of real processes under load and faults, and ends in a verdict line; the exit status is 0 where
 * all are right. Without names all run, for a minute each.
 */
import { parseArgs } from 'node:util';
import { soakAllKilled } from './all-killed.ts';
import { soakClients } from './clients.ts';
import { soakFlapping } from './flapping.ts';
import { soakMainJob } from './main-job.ts';
import { soakMemory } from './memory.ts';

/** Resolves to whether everything was right; says what was wrong. */
type Soak = (minutes: number, seed: number) => Promise<boolean>;

const SOAKS: Readonly<Record<string, Soak>> = {
  'main-job': (_minutes, seed) => soakMainJob(100_000, seed),
  flapping: soakFlapping,
  'all-killed': soakAllKilled,
  clients: soakClients,
  memory: soakMemory,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
const names = positionals.length > 0 ? positionals : Object.keys(SOAKS);
const unknown = names.filter((name) => SOAKS[name] === undefined);
if (unknown.length > 0 || !(minutes > 0) || !Number.isSafeInteger(seed)) {
  const all = Object.keys(SOAKS).join('|');
  console.error(`usage: npm run soak -- [${all}]… [--minutes N] [--seed N]`);
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
