/**
 * Planted bugs that the exhaustive model must find: each of `core-canaries.ts` that is a rule of
 * replication. Prints how deep it was found, after how many states, in which model, and what broke.
 *
 * node test/canaries/run-models.ts [--only WORD] [--states 1000000]
 */
import { parseArgs } from 'node:util';
import { LARGER_MODELS, MODELS, type ModelOptions } from '../../src/sim/model/model-options.ts';
import type { Canary } from './canary.ts';
import { CORE_CANARIES } from './core-canaries.ts';
import { huntInModels } from './hunt-in-models.ts';

/** Why the models can't find the others: what they need does not happen in them. */
const OUT_OF_SCOPE: readonly (readonly [word: string, why: string])[] = [
  ['granted twice', 'two owners of one epoch: a record that was rolled back'],
  ['commit floor ignored', 'a directory that was rolled back'],
  ['later write may overtake', 'several requests of one client'],
  ['in doubt', 'requests that come again'],
  ['sessions forgotten', 'requests that come again'],
  ['timestamps follow', 'a clock that jumps'],
  ['digests of the votes', 'a replica that computes wrongly'],
  ['diverged replica', 'a replica that computes wrongly'],
  ['room on the disks', 'a full disk'],
  ['less room', 'a full disk'],
  ['corrupt member', 'damage of a directory'],
  ['outcome is unknown', 'a control record kept by a service that may not answer'],
  ['QUERY is answered', 'the session of a client'],
  ['stopped still talk', 'a process that goes on after its core has stopped'],
  ['a view is written though', 'two members lost at once, after which nothing is asked for'],
  ['promise not checked', 'a backend that goes over to the new frontend and back'],
  ['an older epoch', 'a backend that goes over to the new frontend and back'],
  ['read without probe', 'two cuts and time while a second frontend lives'],
  ['leftovers', 'a member that is slow in a takeover: more time'],
  ['commit applied', 'two heartbeats while a diverged backend joins'],
  ['votes of an old connection', 'a vote that still waits while the next promise is made'],
];

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    states: { type: 'string', default: '1000000' },
  },
});
const models: Record<string, ModelOptions> = {};
for (const [name, options] of Object.entries({ ...MODELS, ...LARGER_MODELS })) {
  models[name] = { ...options, statesMax: Number(values.states) };
}

function judge(canary: Canary): string {
  const out = OUT_OF_SCOPE.find(([word]) => canary.name.includes(word));
  if (out !== undefined) return `out of scope: needs ${out[1]}`;
  const found = huntInModels(canary, models);
  if (found === undefined) return 'MISSED';
  const { model, what, depth, states } = found;
  return `${String(depth).padStart(4)} ${String(states).padStart(9)}  ${model}: ${what}`;
}

for (const canary of CORE_CANARIES.filter(({ name }) => name.includes(values.only))) {
  const verdict = judge(canary);
  if (verdict === 'MISSED') process.exitCode = 1;
  console.log(`${canary.name.padEnd(64)} ${verdict.slice(0, 170)}`);
}
