/**
 * A network that repeats a client's requests: once more, late, over the connection that they were
 * sent on or over a later one.
 *
 * Keeps true: only what may have happened comes again. A connection delivers each message once; a
 * request comes twice because its client sent it twice, or had given it up. One whose only sending
 * was refused the client knows never to happen, and nobody repeats it.
 */
import type { Answered, FromClient, Refusal, Request } from '../core/message.ts';
import { readChunkHeader, viewOf, type ChunkHeader } from '../core/operation.ts';
import { formatRequestId, parseRequestId } from '../core/request-id.ts';
import type { SimCluster } from './sim-cluster.ts';

interface Link {
  send(message: FromClient): void;
}

const LATE_MS_MAX = 1_000;

export class RequestRepeater {
  readonly #cluster: SimCluster;
  readonly #chance: number;
  /** How often each request was sent, by the id of its first operation. */
  readonly #sendings = new Map<string, number>();
  /** Frames that were answered, by the id of their first operation. */
  readonly #answered = new Set<string>();
  /** Operations that their client gave up. */
  readonly #unknown = new Set<string>();
  readonly #refused = new Set<string>();
  #isClientGone = false;

  constructor(cluster: SimCluster, chance: number) {
    this.#cluster = cluster;
    this.#chance = chance;
  }

  /** It has been sent over the first of the links; the second is the one there will be then. */
  onSent(message: Request, [link, latest]: readonly [Link, () => Link | undefined]): void {
    const { random, queue } = this.#cluster;
    const header = readChunkHeader(viewOf(message.chunk), 0);
    if (header === undefined) return;
    const id = formatRequestId(header.session, header.firstRequest);
    this.#sendings.set(id, (this.#sendings.get(id) ?? 0) + 1);
    if (!random.chance(this.#chance)) return;
    const lateMs = random.next() * (random.chance(0.5) ? 20 : LATE_MS_MAX);
    const isOnSame = random.chance(0.5);
    queue.after(lateMs, () => {
      if (this.#mayComeAgain(header)) (isOnSame ? link : latest())?.send(message);
    });
  }

  onAnswered({ session, firstRequest }: Answered): void {
    this.#answered.add(formatRequestId(session, firstRequest));
  }

  /** Of an operation, or of a whole chunk. */
  onUnknown(request: string, operations: number): void {
    const id = parseRequestId(request);
    if (id?.kind !== 'write') return;
    for (let at = 0; at < operations; at += 1) {
      this.#unknown.add(formatRequestId(id.session, id.number + at));
    }
  }

  /** Its client was told so, and may have told its user that it did not happen. */
  onRefusal({ thing, session, number }: Refusal): void {
    if (thing === 'request') this.#refused.add(formatRequestId(session, number));
  }

  /** It died, and claims nothing more. The requests of which it knew nothing. */
  onClientGone(): string[] {
    this.#isClientGone = true;
    return [...this.#sendings.keys()]
      .filter((id) => ![this.#answered, this.#refused, this.#unknown].some((ids) => ids.has(id)));
  }

  #mayComeAgain({ session, firstRequest, operations }: ChunkHeader): boolean {
    const id = formatRequestId(session, firstRequest);
    if ((this.#sendings.get(id) ?? 0) > 1) return true;
    if (this.#isClientGone && !this.#refused.has(id)) return true;
    if (this.#answered.has(id)) return true;
    for (let at = 0; at < operations; at += 1) {
      if (!this.#unknown.has(formatRequestId(session, firstRequest + at))) return false;
    }
    return true;
  }
}
