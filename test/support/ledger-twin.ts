/**
 * The ledger again, slow and obviously right: Maps, BigInt, plain lists, a scan where the ledger
 * has an index. It shares no code with `src/core` but the constants of the record layout, and reads
 * the bytes by itself. Property tests compare every byte of its results and its digest with the
 * ledger's.
 */
import { createHash } from 'node:crypto';
import { CODE, KIND, REASON } from '../../src/core/operation.ts';

export interface TwinLimits {
  readonly leasesMax: number;
  readonly runsMax: number;
  readonly keysMax: number;
}

interface Account {
  balance: bigint;
  version: bigint;
}

/** Where a request ran; `run` numbers the runs of all sessions, in order. */
interface Executed {
  readonly seq: number;
  readonly index: number;
  readonly run: number;
}

interface Session {
  last: bigint;
  ended: boolean;
  readonly executed: Map<bigint, Executed>;
}

interface Lease {
  readonly openedAt: number;
  lastUse: number;
  readonly sessions: Session[];
}

interface KeyUse {
  readonly key: string;
  readonly content: string;
  readonly seq: number;
  readonly index: number;
  readonly sealed: boolean;
}

/** An operation as its record says it, undecided whether it makes sense. */
interface Parsed {
  readonly kind: number;
  readonly flags: number;
  readonly scale: number;
  readonly byKey: number;
  readonly account: bigint;
  readonly toAccount: bigint;
  readonly amount: bigint;
  /** The extension's bytes: undefined without one, empty where the chunk ends before it. */
  readonly extension: Uint8Array | undefined;
}

interface Answer {
  readonly code: number;
  readonly detail?: bigint | number;
  readonly account?: bigint | number;
  readonly balance?: bigint | number;
  readonly toBalance?: bigint | number;
}

const LARGEST = 9007199254740991n;
const MALFORMED: Answer = { code: CODE.badRequest, detail: REASON.malformed };
const PASSED_OVER: Answer = { code: CODE.badRequest, detail: REASON.passedOver };
const EXPIRED: Answer = { code: CODE.sessionExpired };
const NEVER_HAPPENED: Answer = { code: CODE.neverHappened };
const WRITES: readonly number[] = [
  KIND.create, KIND.update, KIND.deposit, KIND.withdraw, KIND.transfer,
];

export class LedgerTwin {
  readonly #limits: TwinLimits;
  readonly #accounts = new Map<bigint, Account>();
  #leases: Lease[] = [];
  #keys: KeyUse[] = [];
  #hasForgottenKeys = false;
  #runs = 0;

  constructor(limits: TwinLimits) {
    this.#limits = limits;
  }

  get total(): bigint {
    let total = 0n;
    for (const account of this.#accounts.values()) total += account.balance;
    return total;
  }

  get accountCount(): number {
    return this.#accounts.size;
  }

  execute(seq: number, batch: Uint8Array): { results: Uint8Array; digest: string } {
    const answers: { kind: number; answer: Answer }[] = [];
    for (const chunk of chunksOf(batch)) {
      const session = this.#sessionOf(chunk.session);
      if (session !== undefined) session.lease.lastUse = seq;
      chunk.operations.forEach((operation, place) => {
        const index = answers.length;
        const request = chunk.firstRequest + BigInt(place);
        const answer =
          chunk.session === 0n ? this.#lease(seq, operation, chunk.operations.length)
          : session === undefined ? EXPIRED
          : this.#ask(session.session, chunk.session, request, seq, index, operation);
        answers.push({ kind: knownKind(operation), answer });
      });
    }
    const results = encode(answers);
    const hash = createHash('sha256').update(results).digest('hex');
    return { results, digest: this.stateDigest() + hash.slice(0, 16) };
  }

  query(batch: Uint8Array): Uint8Array {
    const answers = chunksOf(batch).flatMap((chunk) =>
      chunk.operations.map((operation) => {
        return { kind: knownKind(operation), answer: this.#query(operation) };
      }),
    );
    return encode(answers);
  }

  /** The sum, over all accounts, of a hash in two lanes: by the book, in BigInt. */
  stateDigest(): string {
    let low = 0n;
    let high = 0n;
    for (const [number, { balance, version }] of this.#accounts) {
      const highBits = ((balance >> 32n) | ((version >> 32n) << 21n)) & 0xffffffffn;
      const words = [number, balance, version, highBits].map((word) => word & 0xffffffffn);
      low += hashWords(words, 0x2545f491n, 0x9e3779b1n);
      high += hashWords(words, 0x6a09e667n, 0x85ebca77n);
    }
    const hex = (lane: bigint) => (lane & 0xffffffffn).toString(16).padStart(8, '0');
    return hex(high) + hex(low);
  }

  #sessionOf(id: bigint): { lease: Lease; session: Session } | undefined {
    const lease = this.#leases.find((candidate) => BigInt(candidate.openedAt) === id / 64n);
    const session = lease?.sessions[Number(id % 64n)];
    return lease === undefined || session === undefined ? undefined : { lease, session };
  }

  #lease(seq: number, operation: Parsed | undefined, operations: number): Answer {
    if (operation?.kind !== KIND.lease || operation.flags !== 0 || operations !== 1) {
      return MALFORMED;
    }
    if (this.#leases.some((lease) => lease.openedAt === seq)) return MALFORMED;
    if (this.#leases.length === this.#limits.leasesMax) {
      this.#leases.sort((a, b) => a.lastUse - b.lastUse || a.openedAt - b.openedAt);
      this.#leases.shift();
    }
    const sessions = Array.from({ length: 64 }, (): Session => {
      return { last: 0n, ended: false, executed: new Map() };
    });
    this.#leases.push({ openedAt: seq, lastUse: seq, sessions });
    return { code: CODE.ok, account: seq * 64, balance: 64 };
  }

  #ask(
    session: Session, id: bigint, request: bigint, seq: number, index: number,
    operation: Parsed | undefined,
  ): Answer {
    if (request <= session.last) return this.#becameOf(session, request);
    if (session.ended) return EXPIRED;
    const before = session.executed.get(request - 1n);
    const continues = before !== undefined && before.seq === seq && before.index === index - 1 &&
      this.#isKept(before.run);
    if (!continues) this.#runs += 1;
    const run = continues ? before.run : this.#runs;
    session.executed.set(request, { seq, index, run });
    session.last = request;
    return this.#executeNew(session, id, request, seq, index, operation);
  }

  #isKept(run: number): boolean {
    return run > this.#runs - this.#limits.runsMax;
  }

  /** Of a request at or below the session's last. */
  #becameOf(session: Session, request: bigint): Answer {
    const numbers = [...session.executed.keys()];
    const below = numbers.filter((number) => number <= request);
    if (below.length === 0) {
      const all = numbers.every((number) => this.#isKept(session.executed.get(number)?.run ?? 0));
      return all ? PASSED_OVER : EXPIRED;
    }
    const nearest = below.reduce((one, other) => (one > other ? one : other));
    const found = session.executed.get(nearest);
    if (found === undefined || !this.#isKept(found.run)) return EXPIRED;
    if (nearest !== request) return PASSED_OVER;
    return { code: CODE.duplicate, account: found.seq, balance: found.index };
  }

  #executeNew(
    session: Session, id: bigint, request: bigint, seq: number, index: number,
    operation: Parsed | undefined,
  ): Answer {
    if (operation === undefined || (operation.flags !== 0 && operation.flags !== 1)) {
      return MALFORMED;
    }
    if (operation.flags === 1 && operation.extension?.length !== 64) return MALFORMED;
    if (WRITES.includes(operation.kind)) {
      if (operation.flags === 0) return this.#write(operation);
      return this.#writeKeyed(operation, seq, index);
    }
    if (operation.kind === KIND.end && operation.flags === 0) {
      session.ended = true;
      return { code: CODE.ok };
    }
    if (operation.kind !== KIND.outcome) return MALFORMED;
    if (operation.flags === 1 && operation.byKey === 1) return this.#sealKey(operation, seq, index);
    if (operation.flags === 1 || operation.byKey !== 0) return MALFORMED;
    return this.#sealRequest(id, request, operation);
  }

  #sealRequest(id: bigint, request: bigint, operation: Parsed): Answer {
    const { account: askedSession, toAccount: askedRequest } = operation;
    if (!isNatural(askedSession) || !isNatural(askedRequest)) return MALFORMED;
    if (askedSession === id && askedRequest === request) return MALFORMED;
    const asked = this.#sessionOf(askedSession)?.session;
    if (asked === undefined) return EXPIRED;
    if (askedRequest > asked.last) {
      asked.last = askedRequest;
      return NEVER_HAPPENED;
    }
    const answer = this.#becameOf(asked, askedRequest);
    return answer === PASSED_OVER ? NEVER_HAPPENED : answer;
  }

  #sealKey(operation: Parsed, seq: number, index: number): Answer {
    const key = keyOf(operation.extension);
    if (key === undefined) return MALFORMED;
    const use = this.#keys.find((candidate) => candidate.key === key);
    if (use !== undefined && !use.sealed) {
      return { code: CODE.duplicate, account: use.seq, balance: use.index };
    }
    if (use === undefined && this.#hasForgottenKeys) return { code: CODE.sessionExpired };
    if (use === undefined) this.#remember({ key, content: '', seq, index, sealed: true });
    return NEVER_HAPPENED;
  }

  #writeKeyed(operation: Parsed, seq: number, index: number): Answer {
    const key = keyOf(operation.extension);
    const content = contentOf(operation);
    if (key === undefined || content === undefined) return MALFORMED;
    const use = this.#keys.find((candidate) => candidate.key === key);
    if (use !== undefined) {
      if (use.sealed || use.content !== content) return { code: CODE.keyReused };
      return { code: CODE.duplicate, account: use.seq, balance: use.index };
    }
    const answer = this.#write(operation);
    if (answer.code !== CODE.badRequest) {
      this.#remember({ key, content, seq, index, sealed: false });
    }
    return answer;
  }

  #remember(use: KeyUse): void {
    this.#keys.push(use);
    if (this.#keys.length <= this.#limits.keysMax) return;
    this.#keys.shift();
    this.#hasForgottenKeys = true;
  }

  #write(operation: Parsed): Answer {
    const { kind, account, toAccount, amount, scale } = operation;
    if (contentOf(operation) === undefined) return MALFORMED;
    const twoSided = kind === KIND.transfer;
    if (twoSided && account === toAccount) {
      return { code: CODE.badRequest, detail: REASON.sameAccount };
    }
    if (scale > 2) return { code: CODE.badRequest, detail: REASON.tooManyDigits };
    const units = amount * 10n ** BigInt(2 - scale);
    if (units > LARGEST) return { code: CODE.badRequest, detail: REASON.amountTooLarge };
    if (kind === KIND.create) {
      const number = 100n + BigInt(this.#accounts.size);
      this.#accounts.set(number, { balance: units, version: 1n });
      return { code: CODE.ok, account: number, balance: units, detail: 1 };
    }
    const one = this.#accounts.get(account);
    if (one === undefined) return { code: CODE.accountNotFound, account };
    const other = twoSided ? this.#accounts.get(toAccount) : undefined;
    if (twoSided && other === undefined) return { code: CODE.accountNotFound, account: toAccount };
    const takes = kind === KIND.withdraw || twoSided;
    if (takes && one.balance < units) {
      return { code: CODE.insufficientFunds, account, balance: one.balance };
    }
    const fuller = kind === KIND.deposit ? one : other;
    if (fuller !== undefined && fuller.balance + units > LARGEST) {
      const number = kind === KIND.deposit ? account : toAccount;
      return { code: CODE.limitExceeded, account: number, balance: fuller.balance };
    }
    if (kind === KIND.update) one.balance = units;
    if (takes) one.balance -= units;
    if (fuller !== undefined) fuller.balance += units;
    one.version += 1n;
    if (other !== undefined) other.version += 1n;
    const { balance, version } = one;
    return { code: CODE.ok, account, balance, toBalance: other?.balance ?? 0n, detail: version };
  }

  #query(operation: Parsed | undefined): Answer {
    if (operation === undefined || operation.kind !== KIND.query || operation.flags !== 0) {
      return MALFORMED;
    }
    if (!isExact(operation.account)) return MALFORMED;
    const found = this.#accounts.get(operation.account);
    if (found === undefined) return { code: CODE.accountNotFound, account: operation.account };
    return {
      code: CODE.ok, account: operation.account, balance: found.balance, detail: found.version,
    };
  }
}

interface Chunk {
  readonly session: bigint;
  readonly firstRequest: bigint;
  /** Undefined where the records ran out. */
  readonly operations: readonly (Parsed | undefined)[];
}

/** The chunks of a batch that consists of chunks. */
function chunksOf(batch: Uint8Array): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 0; at < batch.length; ) {
    const header = new DataView(batch.buffer, batch.byteOffset + at, 64);
    const count = header.getUint32(4, true);
    const length = (1 + header.getUint32(24, true)) * 64;
    let rest = batch.subarray(at + 64, at + length);
    const operations: (Parsed | undefined)[] = [];
    for (let place = 0; place < count; place += 1) {
      const operation = parse(rest);
      operations.push(operation);
      if (operation !== undefined) rest = rest.subarray(
        operation.extension === undefined ? 64 : 128,
      );
    }
    const session = header.getBigInt64(8, true);
    chunks.push({ session, firstRequest: header.getBigInt64(16, true), operations });
    at += length;
  }
  return chunks;
}

function parse(records: Uint8Array): Parsed | undefined {
  if (records.length === 0) return undefined;
  const view = new DataView(records.buffer, records.byteOffset, 64);
  const flags = view.getUint8(1);
  return {
    kind: view.getUint8(0),
    flags,
    scale: view.getUint8(2),
    byKey: view.getUint32(4, true),
    account: view.getBigInt64(8, true),
    toAccount: view.getBigInt64(16, true),
    amount: view.getBigInt64(24, true),
    extension: flags % 2 === 1 ? records.subarray(64, 128) : undefined,
  };
}

function isExact(value: bigint): boolean {
  return value <= LARGEST && value >= -LARGEST;
}

function isNatural(value: bigint): boolean {
  return value <= LARGEST && value >= 0n;
}

function knownKind(operation: Parsed | undefined): number {
  const kind = operation?.kind ?? 0;
  return kind <= 9 ? kind : 0;
}

function keyOf(extension: Uint8Array | undefined): string | undefined {
  const text = Buffer.from(extension ?? []).toString('latin1');
  return /^[!-~]{1,64}\0*$/.test(text) ? text.replace(/\0+$/, '') : undefined;
}

/**
 * What a write asks for, in words, the amount as an exact decimal; undefined if a field is out of
 * range.
 */
function contentOf({ kind, account, toAccount, amount, scale }: Parsed): string | undefined {
  if (!isNatural(amount)) return undefined;
  const digits = amount.toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  if (kind === KIND.create) return `${kind} ${whole}.${fraction}`;
  if (!isExact(account)) return undefined;
  if (kind !== KIND.transfer) return `${kind} ${account} ${whole}.${fraction}`;
  return isExact(toAccount) ? `${kind} ${account} ${toAccount} ${whole}.${fraction}` : undefined;
}

function encode(answers: readonly { kind: number; answer: Answer }[]): Uint8Array {
  const results = new Uint8Array(answers.length * 32);
  answers.forEach(({ kind, answer }, place) => {
    const view = new DataView(results.buffer, place * 32, 32);
    view.setUint8(0, answer.code);
    view.setUint8(1, kind);
    view.setUint8(2, 2);
    view.setUint32(4, Number(BigInt(answer.detail ?? 0) & 0xffffffffn), true);
    view.setBigInt64(8, BigInt(answer.account ?? 0), true);
    view.setBigInt64(16, BigInt(answer.balance ?? 0), true);
    view.setBigInt64(24, BigInt(answer.toBalance ?? 0), true);
  });
  return results;
}

/** Multiply and fold each word, then the finalizer of MurmurHash3; modulo 2^32. */
function hashWords(words: readonly bigint[], seed: bigint, multiplier: bigint): bigint {
  const times = (one: bigint, other: bigint) => (one * other) & 0xffffffffn;
  let lane = seed;
  for (const word of words) {
    const product = times(lane ^ word, multiplier);
    lane = product ^ (product >> 15n);
  }
  lane = times(lane ^ (lane >> 16n), 0x85ebca6bn);
  lane = times(lane ^ (lane >> 13n), 0xc2b2ae35n);
  return lane ^ (lane >> 16n);
}
