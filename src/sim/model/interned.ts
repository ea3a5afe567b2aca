/** Values as small whole numbers: equal values, and only they, have equal numbers. */
import { freezeAll } from './freeze-all.ts';

export class Interned<Value> {
  readonly #numbers = new Map<string, number>();
  readonly #values: Value[] = [];

  get size(): number {
    return this.#values.length;
  }

  /** The number of the value that the key stands for; `make` gives it the first time. */
  number(key: string, make: () => Value): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#values.length;
    this.#numbers.set(key, number);
    this.#values.push(freezeAll(make()));
    return number;
  }

  /** For values that JSON can tell apart; bytes are told by their content. */
  numberOf(value: Value): number {
    return this.number(JSON.stringify(value, spellBytes), () => value);
  }

  value(number: number): Value {
    const value = this.#values[number];
    if (value === undefined) throw new Error(`nothing is known by the number ${number}`);
    return value;
  }
}

function spellBytes(_name: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
}
