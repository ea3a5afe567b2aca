/** Movements and groups at random: few ids, so that they collide, and some that are none. */
import type { Operation } from '../../src/core/operation.ts';
import { AMOUNT_MAX, GROUP_OPERATIONS_MAX } from '../../src/core/operation.ts';
import type { Random } from '../../src/core/random.ts';

const IDS = ['a', 'b', 'c', 'x'.repeat(16), '~!', '1.2.3', '.5', '5.', '1e3.0', '-1.0'];
const NO_IDS = ['', ' ', 'a b', 'a ', ' a', 'é', 'a\u007f', 'a\tb', '🏦', 'a\0b'];
/** Entries after which other ids are in use. */
const ENTRIES_PER_ID = 8;
const REMEMBERED = 6;
const SECONDS = [1, 5, 30, 60, 600, 7200, 2 ** 32 - 1];
const FOLLOW_UPS = ['capture', 'capture', 'capture', 'void', 'reverse', 'reverse'] as const;

/** What a movement is drawn from: the present entry, accounts, amounts. */
export interface Deck {
  readonly seq: number;
  /** Given lately. */
  readonly ids: string[];
  account(): number;
  /** One that is there and lets money pass, where there is any. */
  openAccount(): number;
  amount(): number;
}

/** For a new movement; or for what follows up on one, mostly. */
function drawId(random: Random, { seq, ids }: Deck, isFollowUp: boolean): string {
  if (random.chance(0.04)) return random.pick(NO_IDS);
  if (random.chance(isFollowUp ? 0.3 : 0.03)) {
    return `${Math.max(1, seq - random.int(3))}.${random.int(6)}`;
  }
  if (isFollowUp && ids.length > 0 && random.chance(0.8)) return random.pick(ids);
  if (random.chance(0.1)) return random.pick(IDS);
  return `m${Math.floor(seq / ENTRIES_PER_ID) + random.int(4)}`;
}

function drawNewId(random: Random, deck: Deck): string {
  const id = drawId(random, deck, false);
  deck.ids.push(id);
  if (deck.ids.length > REMEMBERED) deck.ids.shift();
  return id;
}

export function drawMovement(random: Random, deck: Deck): Operation {
  const scale = random.pick([0, 0, 1, 2, 2, 2, 3, 4]);
  const pay = { account: deck.account(), toAccount: deck.account(), amount: deck.amount(), scale };
  if (random.chance(0.45)) {
    const isNamed = random.chance(0.6);
    const id = isNamed ? { id: drawNewId(random, deck) } : {};
    const term = random.chance(0.5) ? { forSeconds: random.pick(SECONDS) } : {};
    return { kind: 'hold', ...pay, ...id, ...term };
  }
  if (random.chance(0.25)) return { kind: 'transfer', ...pay, id: drawNewId(random, deck) };
  const kind = random.pick(FOLLOW_UPS);
  const id = random.chance(0.97) ? { id: drawId(random, deck, true) } : {};
  if (random.chance(kind === 'void' ? 0.9 : 0.5)) return { kind, ...id };
  // Parts small enough that more can follow, and more than there is.
  const amount = random.chance(0.5) ? random.int(4000) : deck.amount();
  return { kind, ...id, amount, scale: amount < 4000 && random.chance(0.7) ? 2 : scale };
}

/** A movement, and what follows up on it at once: so that little comes between. */
export function drawLife(random: Random, deck: Deck): Operation[] {
  const [account, toAccount] = [deck.openAccount(), deck.openAccount()];
  const id = drawNewId(random, deck);
  const kind = random.chance(0.7) ? 'hold' : 'transfer';
  const begin: Operation = { kind, account, toAccount, id, amount: random.int(4) };
  const rest = Array.from({ length: 1 + random.int(4) }, (): Operation => {
    const followUp = random.pick(FOLLOW_UPS);
    const isWhole = followUp === 'void' || random.chance(0.4);
    return { kind: followUp, id, ...(isWhole ? {} : { amount: random.int(4) }) };
  });
  return [begin, ...rest];
}

/** An account is emptied and closed, and then something is asked of it. */
export function drawEnd(random: Random, deck: Deck): Operation[] {
  const [account, toAccount] = [deck.openAccount(), deck.openAccount()];
  const kind = random.pick(['deposit', 'transfer', 'amend', 'update'] as const);
  return [
    { kind: 'update', account, amount: 0 },
    { kind: 'amend', account, terms: { closed: true } },
    { kind, account, toAccount, amount: 1, ...(kind === 'amend' ? { terms: { floor: 0 } } : {}) },
  ];
}

/** Microseconds until the next entry: few, and now and then seconds or hours. */
export function drawPause(random: Random): number {
  if (random.chance(0.9)) return 1 + random.int(20);
  // To the very microsecond that a hold of the entry before is due at.
  if (random.chance(0.4)) return 1e6 * random.pick([1, 5, 30, 60]);
  return random.chance(0.8) ? 1e6 * random.int(90) + 1 : 3.6e9 * (1 + random.int(5));
}

/** Postings, most of which nothing speaks against. `other` draws what may not be in a group. */
export function drawGroup(random: Random, deck: Deck, other: () => Operation): Operation[] {
  const isLong = random.chance(0.01);
  const count = isLong ? GROUP_OPERATIONS_MAX - 2 + random.int(5) : 1 + random.int(12);
  const hasWrong = random.chance(0.4);
  const wrongAt = random.pick([0, Math.floor(count / 2), count - 1]);
  const account = deck.openAccount();
  return Array.from({ length: count }, (_, place): Operation => {
    if (hasWrong && place === wrongAt) return other();
    // So many that nothing but the wrong one may be refused.
    if (isLong) return { kind: place % 2 === 0 ? 'deposit' : 'withdraw', account, amount: 1 };
    const kind = random.pick(['deposit', 'transfer', 'transfer', 'withdraw', 'update'] as const);
    const amount = kind === 'update' ? 1000 * random.int(5) : random.int(30);
    const terms = random.chance(0.01)
      ? { terms: { ifVersion: random.pick([1, 2, 3, AMOUNT_MAX]) } } : {};
    const from = random.chance(0.5) ? account : deck.openAccount();
    const to = random.chance(0.9) ? deck.openAccount() : deck.account();
    return { kind, account: from, toAccount: to, amount, scale: 2, ...terms };
  });
}
