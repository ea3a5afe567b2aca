/** Groups under a key of their own, at random: new ones, and the same or almost the same again. */
import type { Operation } from '../../src/core/operation.ts';
import type { Random } from '../../src/core/random.ts';

const REMEMBERED = 8;

export class KeyedGroups {
  readonly #random: Random;
  readonly #drawn: (readonly Operation[])[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** The group under the key, or one from before in its place. */
  draw(group: readonly Operation[], key: string): readonly Operation[] {
    const before = this.#drawn.length > 0 && this.#random.chance(0.5);
    if (before) return this.#again(this.#random.pick(this.#drawn));
    const keyed = withKey(group, key);
    this.#drawn.push(keyed);
    if (this.#drawn.length > REMEMBERED) this.#drawn.shift();
    return keyed;
  }

  #again(group: readonly Operation[]): readonly Operation[] {
    const random = this.#random;
    const [first] = group;
    if (first === undefined || random.chance(0.4)) return group;
    const key = first.key ?? '';
    const at = random.int(group.length);
    const change = (by: (operation: Operation) => Operation): readonly Operation[] =>
      group.map((operation, place) => (place === at ? by(operation) : operation));
    switch (random.int(7)) {
      case 0: return group.map(respell);
      case 1: return change(respell);
      case 2: return change((operation) => ({ ...operation, amount: (operation.amount ?? 0) + 1 }));
      case 3: return withKey(group.toReversed(), key);
      case 4: return withKey(group.slice(1).concat(group.slice(0, 1)), key);
      case 5: return group.length === 1 ? group : withKey(group.slice(0, -1), key);
      // Not a group at all: the key of one.
      default: return change((operation) => ({ ...operation, kind: 'create' }));
    }
  }
}

function withKey(group: readonly Operation[], key: string): readonly Operation[] {
  return group.map((operation, place) => {
    const { key: _, ...bare } = operation;
    return place === 0 ? { ...bare, key } : bare;
  });
}

/** The same in other words. */
function respell(operation: Operation): Operation {
  const { amount, scale = 0 } = operation;
  if (amount === undefined || !Number.isSafeInteger(amount * 10) || scale > 3) return operation;
  return { ...operation, amount: amount * 10, scale: scale + 1 };
}
