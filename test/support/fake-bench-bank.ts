/**
 * A bank in this process for tests of the benchmark: it answers rightly, unless the test puts
 * something else in an answer's place.
 */
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import { decodeResult, encodeChunk, viewOf, type Operation } from '../../src/core/operation.ts';
import { unknown, type BulkOutcome, type Outcome } from '../../src/core/outcome.ts';
import type { BenchClient } from '../../src/bench/bench-client.ts';
import { FakeBank } from './fake-bank.ts';
import { result } from './recorded-session.ts';

export class FakeBenchBank {
  readonly bank = new FakeBank();
  /** What the client is told in the place of the truth. */
  tell: (outcome: Outcome, operation: Operation) => Outcome = (outcome) => outcome;
  tellBulk: (outcome: BulkOutcome) => BulkOutcome = (outcome) => outcome;
  /** Digests of its backends in the status report. */
  digests: string[] = ['d', 'd'];
  /** How far each is behind. */
  lags: number[] = [0, 0];
  /** It does not answer any more. */
  isGone = false;
  readonly asked: string[] = [];
  readonly #outcomes = new Map<string, Outcome>();
  #requests = 0;
  #seq = 0;

  connect(): BenchClient {
    return {
      submit: async (operation) => {
        const truth = this.#execute(operation);
        await turn();
        return this.isGone ? unknown('nobody answers', truth.request) : this.tell(truth, operation);
      },
      bulk: async (operations) => {
        const chunk = operations instanceof Uint8Array ? operations : encodeChunk(0, 0, operations);
        await turn();
        const { seq, timestamp, results } = this.bank.execute(chunk);
        this.#seq = seq;
        const request = this.#nextRequest();
        const [first] = results.byteLength > 0 ? [decodeResult(viewOf(results), 0)] : [];
        if (first !== undefined) {
          this.#outcomes.set(request, { kind: 'answered', result: first, seq, timestamp, request });
        }
        const answered = { seq, timestamp, results, originals: [], request };
        return this.tellBulk({ kind: 'answered', ...answered });
      },
      outcome: async (request) => {
        this.asked.push(request);
        await turn();
        if (this.isGone) return unknown('nobody answers', request);
        return this.#outcomes.get(request) ?? neverHappened(request);
      },
      status: async () => {
        if (this.isGone) throw new Error('nobody answers');
        return this.#status();
      },
      quit: async () => {},
      close: async () => {},
    };
  }

  #execute(operation: Operation): Outcome & { readonly request: string } {
    const { seq, timestamp, results } = this.bank.execute(encodeChunk(0, 0, [operation]));
    this.#seq = seq;
    const request = this.#nextRequest();
    const answer = decodeResult(viewOf(results), 0);
    const outcome = { kind: 'answered', result: answer, seq, timestamp, request } as const;
    this.#outcomes.set(request, outcome);
    return outcome;
  }

  #nextRequest(): string {
    this.#requests += 1;
    return `64-${this.#requests}`;
  }

  #status(): unknown {
    return {
      cluster: 'c', epoch: 1, view: 1, commitSeq: this.#seq, status: this.digests.map(() => 1),
      copies: this.digests.length, waitingFor: [], frontend: { pid: 1, version: '1' },
      backends: this.digests.map((digest, at) => ({
        id: at + 1, status: 1, state: 'in-sync', pid: 2 + at, digest,
        lastSeq: this.#seq - (this.lags[at] ?? 0), syncs: 0, writtenBytes: 0, checkpoints: 0,
      })),
    };
  }
}

/** Others, timers too, have theirs. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function neverHappened(request: string): Outcome {
  return {
    kind: 'answered', result: result('neverHappened', { kind: 'outcome' }), seq: 1 as Seq,
    timestamp: 1 as Timestamp, request,
  };
}
