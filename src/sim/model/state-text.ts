/**
 * The whole state of a live object, its private fields and everything below it, as one text: two
 * objects of equal text behave alike.
 *
 * Functions are passed over: what they close over must be in fields as well (`checkMerges` in
 * `automaton.ts` proves that it is). Times are told relative to now, for a state is the same an
 * hour later.
 */
import { privateFieldsOf, type PrivateFields } from './private-fields.ts';

/** How long, not when: the same whatever the time. */
const DURATIONS = new Set(['readTimeoutMs', 'graceMs', '#forMs']);
/** The same for a whole life, or for the log only. */
const PASSED_OVER = new Set(['#parts', 'trace', 'peer', '#shownStatus', '#shownWait']);
/** Longer ago than any code looks back. */
const LONG_AGO_MS = 400_000;

export class StateText {
  readonly #classes = new Map<unknown, PrivateFields>();
  /** Texts of what never changes. */
  readonly #frozen = new WeakMap<object, string>();
  readonly #opaque: (object: object) => string | undefined;
  #seen = new Map<object, number>();
  #nowMs = 0;
  #text = '';

  /** `opaque` names the state of objects that are not looked into. */
  constructor(opaque: (object: object) => string | undefined) {
    this.#opaque = opaque;
  }

  of(root: object, nowMs: number): string {
    this.#nowMs = nowMs;
    this.#seen = new Map();
    this.#text = '';
    this.#object('', root);
    return this.#text;
  }

  #tell(name: string, value: unknown): void {
    if (typeof value === 'number' && name.endsWith('Ms') && !DURATIONS.has(name)) {
      const agoMs = this.#nowMs - value;
      this.#text += ` ${name}=${agoMs > LONG_AGO_MS ? 'long ago' : -agoMs}`;
    } else if (typeof value !== 'function' && name !== '#now' && !PASSED_OVER.has(name)) {
      this.#text += ` ${name}=`;
      this.#value(name, value);
    }
  }

  #value(name: string, value: unknown): void {
    if (typeof value === 'string') this.#text += JSON.stringify(value);
    else if (typeof value !== 'object' || value === null) this.#text += String(value);
    else this.#object(name, value);
  }

  #object(name: string, value: object): void {
    const opaque = this.#opaque(value);
    if (opaque !== undefined) this.#text += `<${opaque}>`;
    else if (value instanceof Uint8Array) this.#text += Buffer.from(value).toString('base64');
    else if (value instanceof Set) this.#list(name, [...value]);
    else if (value instanceof Map) this.#map(name, value);
    else if (Array.isArray(value)) this.#list(name, value);
    else if (Object.getPrototypeOf(value) === Object.prototype) this.#plain(value);
    else this.#instance(value);
  }

  #list(name: string, values: readonly unknown[]): void {
    this.#text += `[${values.length}`;
    for (const value of values) this.#tell(name, value);
    this.#text += ']';
  }

  #map(name: string, map: ReadonlyMap<unknown, unknown>): void {
    this.#list('key', [...map.keys()]);
    this.#list(name, [...map.values()]);
  }

  /** Data that is handed around: whether two are one object makes no difference. */
  #plain(object: object): void {
    const known = this.#frozen.get(object);
    if (known !== undefined) {
      this.#text += known;
      return;
    }
    const start = this.#text.length;
    this.#text += '{';
    for (const name of Object.keys(object)) {
      this.#tell(name, (object as Record<string, unknown>)[name]);
    }
    this.#text += '}';
    if (Object.isFrozen(object)) this.#frozen.set(object, this.#text.slice(start));
  }

  /** Told where it is met first, so that it shows which are one. */
  #instance(object: object): void {
    const seen = this.#seen.get(object);
    if (seen !== undefined) {
      this.#text += `@${seen}`;
      return;
    }
    this.#seen.set(object, this.#seen.size);
    const { names, read } = this.#classOf(object);
    const values = read(object);
    for (let at = 0; at < names.length; at += 1) this.#tell(names[at] as string, values[at]);
    this.#plain(object);
  }

  #classOf(object: object): PrivateFields {
    let fields = this.#classes.get(object.constructor);
    if (fields === undefined) {
      fields = privateFieldsOf(object);
      this.#classes.set(object.constructor, fields);
    }
    return fields;
  }
}
