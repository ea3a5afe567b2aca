/**
 * The numbers of the accounts that rows tell by name. Each name is asked for once, thousands at a
 * time; over a connection of its own, since a write waits for every read before it.
 *
 * Keeps true: so many are remembered at most, and that nobody has a name is not remembered.
 */
import { CHUNK_OPERATIONS_MAX, type Operation } from '../../core/operation.ts';
import { isName } from '../../core/terms.ts';
import type { ChunkSender } from './chunk-sender.ts';

const REMEMBERED_MAX = 500_000;

export class NameNumbers {
  readonly #reads: ChunkSender;
  readonly #rememberedMax: number;
  readonly #known = new Map<string, number>();

  constructor(reads: ChunkSender, rememberedMax = REMEMBERED_MAX) {
    this.#reads = reads;
    this.#rememberedMax = rememberedMax;
  }

  /** Until the next call, `find` tells of all of these. Throws Stopped: unreachable. */
  async learn(names: ReadonlySet<string>): Promise<void> {
    let missing = [...names].filter((name) => !this.#known.has(name));
    if (this.#known.size + missing.length > this.#rememberedMax) {
      this.#known.clear();
      missing = [...names];
    }
    const askable = missing.filter(isName);
    for (let at = 0; at < askable.length; at += CHUNK_OPERATIONS_MAX) {
      await this.#ask(askable.slice(at, at + CHUNK_OPERATIONS_MAX));
    }
  }

  /** Null where nobody has the name. */
  readonly find = (name: string): number | null => this.#known.get(name) ?? null;

  /** Of an account that has just been opened. */
  note(name: string, account: number): void {
    if (this.#known.size < this.#rememberedMax) this.#known.set(name, account);
  }

  async #ask(names: readonly string[]): Promise<void> {
    const answers = await this.#reads.send(
      names.map((name): Operation => ({ kind: 'query', terms: { name } })));
    for (const [at, { result: { code, account } }] of answers.entries()) {
      if (code === 'ok') this.#known.set(names[at] as string, account);
    }
  }
}
