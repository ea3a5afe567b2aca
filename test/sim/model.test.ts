import t from 'tap';
import { exploreAll } from '../../src/sim/model/explore.ts';
import { MODELS, type ModelOptions } from '../../src/sim/model/model-options.ts';
import { StateSet } from '../../src/sim/model/state-set.ts';
import { StateText } from '../../src/sim/model/state-text.ts';
import { CORE_CANARIES } from '../canaries/core-canaries.ts';
import { huntInModels } from '../canaries/hunt-in-models.ts';

/** One directory lost, or one frontend gone. */
const TINY: ModelOptions = { ...MODELS.smallest, crashes: 0, cuts: 0 };

t.test('model: every state of a tiny bank: nothing is broken, all ends well', async (t) => {
  const found = exploreAll(TINY);
  t.same(found.violations, []);
  t.same(found.wrongMerges, [], 'states that are taken for one are one');
  // Another number means that the protocol does something else than it did.
  t.match(found, { states: 11_670, transitions: 24_711, depth: 52, quiescent: 84, unexplored: 0 });
});

t.test('model: without the reduction: more states, the same ends', async (t) => {
  const bounds = { ...TINY, wipes: 0, verifyMerges: false };
  const all = exploreAll({ ...bounds, reduced: false });
  const some = exploreAll(bounds);
  t.same([all.violations, some.violations], [[], []]);
  t.equal(some.quiescent, all.quiescent);
  t.ok(some.states <= all.states, `${some.states} of ${all.states}`);
});

t.test('model: a bound on the states: tells how many were not left', async (t) => {
  const { states, unexplored } = exploreAll({ ...TINY, statesMax: 100 });
  t.ok(states >= 100 && states < 110);
  t.ok(unexplored > 0);
});

t.test('model: a planted bug: found on a shortest way, told line by line', async (t) => {
  const canary = CORE_CANARIES.find(({ name }) => name.startsWith('answer when the results'));
  const hunted = canary && huntInModels(canary, { tiny: TINY });
  t.match(hunted?.what, /a session was answered at 1, which member 1 has not fsynced/);
  t.equal(hunted?.way.length, (hunted?.depth ?? 0) + 1, 'one line an action, and the verdict');
  t.match(hunted?.way[0], /^ {3}1 {2}frontend 1 +starts/);
  t.match(hunted?.way.at(-1), /VIOLATION/);
});

t.test('state set: rows that differ in one word are two, equal ones are one', async (t) => {
  const set = new StateSet(3);
  for (let number = 0; number < 20_000; number += 1) {
    if (set.add(Int32Array.of(number % 7, number, -number)) !== number) t.fail(`row ${number}`);
  }
  t.equal(set.add(Int32Array.of(1, 1, -1)), -2, 'it was the second');
  t.equal(set.size, 20_000);
});

t.test('state text: sees private fields, whose objects are one, and how long ago', async (t) => {
  class Leaf {
    #value: number;

    constructor(value: number) {
      this.#value = value;
    }

    get double(): number {
      return 2 * this.#value;
    }
  }
  class Tree {
    readonly #leaves: readonly Leaf[];
    readonly #sinceMs: number;

    constructor(leaves: readonly Leaf[], sinceMs: number) {
      this.#leaves = leaves;
      this.#sinceMs = sinceMs;
    }

    sum(): number {
      return this.#leaves.length + this.#sinceMs;
    }
  }
  const texts = new StateText(() => undefined);
  const leaf = new Leaf(1);
  const text = texts.of(new Tree([leaf, leaf], 5), 10);
  t.equal(text, texts.of(new Tree([leaf, leaf], 95), 100), 'the same, later');
  t.not(text, texts.of(new Tree([leaf, new Leaf(1)], 5), 10), 'two leaves, not one');
  t.not(text, texts.of(new Tree([leaf, leaf], 6), 10), 'another time');
  t.not(texts.of(new Leaf(1), 0), texts.of(new Leaf(2), 0), 'another value');
});
