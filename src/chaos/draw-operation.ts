/** What a client of the workload asks next: any operation, on few accounts, small amounts. */
import type { Random } from '../core/random.ts';
import type { Operation } from '../core/operation.ts';

/** In hundredths: so much that there is often too little. */
const AMOUNT_MAX = 5_000;
/** No more accounts than this are created: a history of few busy accounts shows more. */
const ACCOUNTS_MAX = 40;
const CREATE_CHANCE = 0.002;
const MISSING_CHANCE = 0.005;
/** The first number that a bank gives is 100. */
const MISSING_ACCOUNT = 99;

export function drawOperation(random: Random, accounts: readonly number[]): Operation {
  const common = { account: random.pick(accounts), amount: random.int(AMOUNT_MAX), scale: 2 };
  if (accounts.length < ACCOUNTS_MAX && random.chance(CREATE_CHANCE)) return drawCreate(random);
  if (random.chance(MISSING_CHANCE)) return { kind: 'query', account: MISSING_ACCOUNT };
  switch (random.int(20)) {
    case 0: return { kind: 'update', ...common };
    case 1: case 2: case 3: return { kind: 'deposit', ...common };
    case 4: case 5: case 6: return { kind: 'withdraw', ...common };
    case 7: case 8: case 9: case 10: case 11: case 12: {
      const others = accounts.filter((each) => each !== common.account);
      if (others.length === 0) return { kind: 'deposit', ...common };
      return { kind: 'transfer', ...common, toAccount: random.pick(others) };
    }
    default: return { kind: 'query', account: common.account };
  }
}

export function drawCreate(random: Random): Operation {
  return { kind: 'create', amount: 5_000 + random.int(AMOUNT_MAX), scale: 2 };
}
