/** That the planted bugs can be planted; whether each is found takes `npm run canaries`. */
import t from 'tap';
import { plant } from './canary.ts';
import { CORE_CANARIES } from './core-canaries.ts';
import { HOST_CANARIES } from './host-canaries.ts';

const CANARIES = [...CORE_CANARIES, ...HOST_CANARIES];

t.test('canaries: each fits the source of today, and no two are alike', async (t) => {
  t.ok(CANARIES.length >= 25, `${CANARIES.length} planted bugs`);
  for (const canary of CANARIES) t.doesNotThrow(() => plant(canary), canary.name);
  t.equal(new Set(CANARIES.map(({ name }) => name)).size, CANARIES.length);
});
