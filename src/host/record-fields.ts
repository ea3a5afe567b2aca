/**
 * Reads the fields of a record that came from a file, each checked; a bad one is thrown by its
 * name.
 */
import {
  BACKENDS_MAX, type BackendId, type Incarnation, type Seq, type ViewNumber,
} from '../core/ids.ts';
import type { Member, View } from '../core/view.ts';
import { EnvironmentError } from './environment-error.ts';

export type Fields = Readonly<Record<string, unknown>>;

export class RecordFields {
  readonly #path: string;
  readonly #fields: Fields;

  constructor(path: string, fields: unknown) {
    this.#path = path;
    if (typeof fields !== 'object' || fields === null) throw this.bad('record');
    this.#fields = fields as Fields;
  }

  bad(name: string): EnvironmentError {
    return new EnvironmentError(
      'corrupt', `${this.#path} is corrupt: the field ${name} is out of range`
    );
  }

  /** A whole number from `least` to `most`. */
  count(name: string, least = 0, most: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#fields[name];
    if (!Number.isSafeInteger(value)) throw this.bad(name);
    const number = value as number;
    if (number < least || number > most) throw this.bad(name);
    return number;
  }

  flag(name: string): boolean {
    const value = this.#fields[name];
    if (typeof value !== 'boolean') throw this.bad(name);
    return value;
  }

  /** So many bytes as lowercase hex. */
  hex(name: string, bytes: number): string {
    const value = this.#fields[name];
    if (typeof value !== 'string' || value.length !== 2 * bytes) throw this.bad(name);
    if (!/^[0-9a-f]*$/.test(value)) throw this.bad(name);
    return value;
  }

  record(name: string): RecordFields {
    const value = this.#fields[name];
    if (typeof value !== 'object' || value === null) throw this.bad(name);
    return new RecordFields(this.#path, value);
  }

  /** A view; its members are in the order of their ids, each id once. */
  view(name: string): View {
    const view = this.record(name);
    const members = view.#fields['members'];
    if (!Array.isArray(members) || members.length > BACKENDS_MAX) throw this.bad(name);
    const checked = members.map((member) => this.#member(member));
    for (let at = 1; at < checked.length; at += 1) {
      if ((checked[at - 1]?.id ?? 0) >= (checked[at]?.id ?? 0)) throw this.bad(name);
    }
    return { number: view.count('number') as ViewNumber, members: checked };
  }

  seq(name: string): Seq {
    return this.count(name) as Seq;
  }

  #member(fields: unknown): Member {
    const member = new RecordFields(this.#path, fields);
    const id = member.count('id', 1, BACKENDS_MAX) as BackendId;
    return { id, incarnation: member.hex('incarnation', 16) as Incarnation };
  }
}
