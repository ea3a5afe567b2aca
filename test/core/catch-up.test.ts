import t from 'tap';
import { BackendLink } from '../../src/core/backend-link.ts';
import { CatchUp, type CatchUpHost } from '../../src/core/catch-up.ts';
import { hashEntry, type Entry } from '../../src/core/entry.ts';
import {
  HASH_NONE,
  type BackendId,
  type EntryHash,
  type Epoch,
  type Seq,
  type Timestamp,
  type ViewNumber,
} from '../../src/core/ids.ts';
import type { Fetched, ToBackend } from '../../src/core/message.ts';
import { encodeChunk } from '../../src/core/operation.ts';

const EPOCH = 9 as Epoch;
const DIGEST = '0123456789abcdef';
const LARGE = encodeChunk(
  64,
  1,
  Array.from({ length: 8_000 }, () => ({ kind: 'create', amount: 1 }) as const),
);

/** A history: entry epochs by seq, from 1. */
function history(
  epochs: readonly number[],
  batch = encodeChunk(0, 0, [{ kind: 'lease' }]),
): Entry[] {
  let previousHash: EntryHash = HASH_NONE;
  return epochs.map((epoch, at) => {
    const unhashed = {
      seq: (at + 1) as Seq,
      entryEpoch: epoch as Epoch,
      timestamp: (at + 1) as Timestamp,
      view: { number: 1 as ViewNumber, members: [] },
      previousHash,
      batch,
    };
    const entry = { ...unhashed, hash: hashEntry(unhashed) };
    previousHash = entry.hash;
    return entry;
  });
}

function linkTo(id: number, entries: readonly Entry[], digest = DIGEST): BackendLink {
  const link = new BackendLink(id as BackendId);
  const last = entries.at(-1);
  link.onPromised({
    type: 'promised',
    epoch: EPOCH,
    tailSeq: last?.seq ?? (0 as Seq),
    tailEpoch: last?.entryEpoch ?? (0 as Epoch),
    tailHash: last?.hash ?? HASH_NONE,
    tailTimestamp: 0 as Timestamp,
    checkpointSeq: 0 as Seq,
    digest,
    reserve: { bytes: 1e9, full: false },
  });
  return link;
}

interface Setting {
  readonly joiner: readonly Entry[];
  readonly source: readonly Entry[];
  readonly recent?: boolean;
  readonly joinerDigest?: string;
  /** With each vote of the joiner. */
  readonly voteDigest?: string;
}

/** Runs a catch-up whose messages are answered at once, from the two histories. */
function catchUp(setting: Setting) {
  const { joiner, source, recent = false, joinerDigest = DIGEST } = setting;
  const { voteDigest = DIGEST + DIGEST } = setting;
  const held = [...joiner];
  const locates: number[] = [];
  /** Entries of which the link told something before it was sent them. */
  const foretold: number[] = [];
  const queue: (() => void)[] = [];
  const host: CatchUpHost = {
    epoch: EPOCH,
    comparesStates: true,
    lastSeq: () => source.length as Seq,
    commitSeq: () => source.length as Seq,
    recent: (seq) => (recent ? source[seq - 1] : undefined),
    send: (to, message) => queue.push(() => answer(to, message)),
  };
  const link = linkTo(1, joiner, joinerDigest);
  const subject = new CatchUp(link, linkTo(2, source), host);
  function answer(to: BackendId, message: ToBackend): void {
    switch (message.type) {
      case 'locate': {
        locates.push(message.seq);
        const entry = (to === 1 ? held : source)[message.seq - 1];
        return subject.onLocated(to, {
          type: 'located',
          epoch: EPOCH,
          seq: message.seq,
          entryEpoch: entry?.entryEpoch ?? (0 as Epoch),
          hash: entry?.hash ?? HASH_NONE,
        });
      }
      case 'truncate': {
        held.length = message.afterSeq;
        const last = held.at(-1);
        return subject.onTruncated({
          type: 'truncated',
          epoch: EPOCH,
          tailSeq: message.afterSeq,
          tailEpoch: last?.entryEpoch ?? (0 as Epoch),
          tailHash: last?.hash ?? HASH_NONE,
          digest: DIGEST,
        });
      }
      case 'fetch': {
        const entries =
          message.bytes === 1
            ? source.slice(message.fromSeq - 1, message.fromSeq)
            : source.slice(message.fromSeq - 1, message.fromSeq + 4);
        return entries.forEach((entry, at) =>
          subject.onFetched(to, {
            ...entry,
            type: 'fetched',
            epoch: EPOCH,
            digest: DIGEST + DIGEST,
            more: at + 1 < entries.length,
          }),
        );
      }
      case 'prepare': {
        if (link.lastSeq >= message.seq) foretold.push(message.seq);
        held.push({ ...message, hash: hashEntry(message) });
        link.votedSeq = message.seq;
        return subject.onVote(message.seq, voteDigest);
      }
      default:
        throw new Error(message.type);
    }
  }
  subject.start();
  for (let turn = queue.shift(); turn !== undefined; turn = queue.shift()) turn();
  return { held, locates, foretold, phase: subject.phase, subject };
}

t.test(
  'catch-up: every pair of short histories: ends with the history of the source',
  async (t) => {
    const epochs = [
      [],
      [1],
      [1, 1],
      [1, 1, 1],
      [1, 2],
      [1, 1, 2],
      [1, 2, 2],
      [2],
      [2, 2, 2],
      [1, 1, 1, 1],
    ];
    for (const one of epochs) {
      for (const other of epochs) {
        for (const recent of [false, true]) {
          const [joiner, source] = [history(one), history(other)];
          const { held, foretold, phase } = catchUp({ joiner, source, recent });
          t.equal(phase, 'streaming');
          t.same(foretold, [], 'a digest of what was dropped is compared with no other');
          t.same(
            held.map(({ hash }) => hash),
            source.map(({ hash }) => hash),
            `${one} to ${other}`,
          );
        }
      }
    }
  },
);

t.test('catch-up: two long histories that part early: found in few questions', async (t) => {
  const joiner = history([...Array<number>(300).fill(1), ...Array<number>(700).fill(2)]);
  const source = history([...Array<number>(300).fill(1), ...Array<number>(900).fill(3)]);
  const { held, locates } = catchUp({ joiner, source });
  t.equal(held.at(-1)?.hash, source.at(-1)?.hash);
  t.ok(locates.length <= 24, `${locates.length} questions`);
});

t.test('catch-up: a tail is dropped: its state is not that of the joiner any more', async (t) => {
  const joiner = history([1, 1, 2]);
  const { subject } = catchUp({ joiner, source: history([1, 1, 3]), joinerDigest: 'dropped' });
  t.equal(subject.joiner.lastSeq, 2, 'what it showed of entry 3 is nobody\'s');
  t.equal(subject.joiner.digest, DIGEST);
});

t.test('catch-up: nothing of it may go below a checkpoint: impossible', async (t) => {
  const ending = toTruncate(2);
  t.equal(ending.subject.phase, 'impossible');
  t.notOk(ending.sent.some(({ type }) => type === 'truncate'));
  t.equal(toTruncate(1).subject.phase, 'truncating', 'the checkpoint itself may stay');
});

t.test('catch-up: truncated: it holds, and has voted for, the last common entry', async (t) => {
  const { subject, joiner } = toTruncate(1);
  const { hash } = joiner[0] as Entry;
  subject.onTruncated({
    type: 'truncated', epoch: EPOCH, tailSeq: 1 as Seq, tailEpoch: 1 as Epoch, tailHash: hash,
    digest: 'after 1',
  });
  t.match(subject.joiner, { tail: { seq: 1, hash }, tailDigest: 'after 1', votedSeq: 1 });
});

/** Two histories that part after the entry 1, up to where that is known. */
function toTruncate(checkpointSeq: number) {
  const [joiner, source] = [history([1, 1, 2]), history([1, 3])];
  const link = linkTo(1, joiner);
  link.checkpointSeq = checkpointSeq as Seq;
  const sent: ToBackend[] = [];
  const subject = new CatchUp(link, linkTo(2, source), {
    epoch: EPOCH,
    comparesStates: true,
    lastSeq: () => 2 as Seq,
    commitSeq: () => 2 as Seq,
    recent: () => undefined,
    send: (_to, message) => sent.push(message),
  });
  subject.start();
  for (const from of [1, 2]) {
    const { hash, entryEpoch } = (from === 1 ? joiner : source)[1] as Entry;
    subject.onLocated(from as BackendId, {
      type: 'located',
      epoch: EPOCH,
      seq: 2 as Seq,
      entryEpoch,
      hash,
    });
  }
  for (const from of [1, 2]) {
    const { hash, entryEpoch } = (from === 1 ? joiner : source)[0] as Entry;
    subject.onLocated(from as BackendId, {
      type: 'located',
      epoch: EPOCH,
      seq: 1 as Seq,
      entryEpoch,
      hash,
    });
  }
  return { subject, sent, joiner };
}

t.test('catch-up: what is streamed gives another result or state: diverged', async (t) => {
  const source = history([1, 1, 1, 1]);
  const joiner = source.slice(0, 2);
  t.equal(catchUp({ joiner, source }).phase, 'streaming');
  const voteDigest = `${DIGEST}f${DIGEST.slice(1)}`;
  t.equal(catchUp({ joiner, source, voteDigest }).phase, 'diverged');
});

t.test('catch-up: equal histories, another state: diverged, and nothing is streamed', async (t) => {
  const source = history([1, 1, 1, 1]);
  const { phase, held } = catchUp({
    joiner: source.slice(0, 2),
    source,
    joinerDigest: 'f'.repeat(16),
  });
  t.equal(phase, 'diverged');
  t.equal(held.length, 2);
});

t.test(
  'catch-up: its vote is required: every entry is sent at once, beyond any window',
  async (t) => {
    const source = history(Array<number>(20).fill(1), LARGE);
    const sent: number[] = [];
    let lastSeq = 0;
    const link = linkTo(1, []);
    const subject = new CatchUp(link, linkTo(2, source), {
      epoch: EPOCH,
      comparesStates: true,
      lastSeq: () => lastSeq as Seq,
      commitSeq: () => 0 as Seq,
      recent: (seq) => source[seq - 1],
      send: (_to, message) => message.type === 'prepare' && sent.push(message.seq),
    });
    subject.start();
    lastSeq = 20;
    subject.advance();
    t.ok(sent.length < 20, 'a joiner gets what the window holds');
    subject.goLive();
    subject.advance();
    t.same(
      sent,
      source.map(({ seq }) => seq),
      'a member has no gap',
    );
  },
);

t.test('catch-up: no room in the journal: it waits until there is', async (t) => {
  const source = history([1, 1, 1]);
  const sent: number[] = [];
  const link = linkTo(1, []);
  link.reserve = { bytes: 600, full: true };
  const subject = new CatchUp(link, linkTo(2, source), {
    epoch: EPOCH,
    comparesStates: true,
    lastSeq: () => 3 as Seq,
    commitSeq: () => 0 as Seq,
    recent: (seq) => source[seq - 1],
    send: (_to, message) => message.type === 'prepare' && sent.push(message.seq),
  });
  subject.start();
  t.same(sent, [1]);
  subject.onVote(1 as Seq, '');
  t.same(sent, [1, 2], 'what has arrived is counted in what it tells of its room');
  link.reserve = { bytes: 5_000, full: false };
  subject.advance();
  t.same(sent, [1, 2, 3]);
});

t.test('catch-up: what is fetched finds no room: not sent, nor fetched again before there '
  + 'is', async (t) => {
  const [entry] = history([1], LARGE) as [Entry];
  const sent: string[] = [];
  const link = linkTo(1, []);
  link.reserve = { bytes: 1_000, full: true };
  const subject = new CatchUp(link, linkTo(2, [entry]), {
    epoch: EPOCH, comparesStates: true, lastSeq: () => 1 as Seq, commitSeq: () => 0 as Seq,
    recent: () => undefined,
    send: (_to, { type }) => sent.push(type),
  });
  const fetched: Fetched = { ...entry, type: 'fetched', epoch: EPOCH, digest: '', more: false };
  subject.start();
  subject.onFetched(2 as BackendId, fetched);
  for (let time = 0; time < 3; time += 1) subject.advance();
  t.same(sent, ['fetch']);
  link.reserve = { bytes: 1e9, full: false };
  subject.advance();
  subject.onFetched(2 as BackendId, fetched);
  t.same(sent, ['fetch', 'fetch', 'prepare']);
});

t.test('catch-up: a window is on its way: more is sent for what has arrived', async (t) => {
  const source = history(Array<number>(20).fill(1), LARGE);
  const sent: number[] = [];
  const subject = new CatchUp(linkTo(1, []), linkTo(2, source), {
    epoch: EPOCH, comparesStates: true, lastSeq: () => 20 as Seq, commitSeq: () => 0 as Seq,
    recent: (seq) => source[seq - 1],
    send: (_to, message) => message.type === 'prepare' && sent.push(message.seq),
  });
  subject.start();
  const window = sent.length;
  t.ok(window < 10);
  subject.onVote(3 as Seq, '');
  t.equal(sent.length, window + 3);
});

t.test('catch-up: its source is lost, at any point: another one is asked the same', async (t) => {
  const joiner = history([1, 1, 2]);
  const source = history([1, 1, 1, 1]);
  const asked: string[] = [];
  const begin = (held: readonly Entry[], comparesStates: boolean): CatchUp => {
    asked.length = 0;
    const subject = new CatchUp(linkTo(1, held), linkTo(2, source), {
      epoch: EPOCH, comparesStates, lastSeq: () => 4 as Seq, commitSeq: () => 0 as Seq,
      recent: () => undefined,
      send: (to, message) => {
        if (to !== 1) asked.push(`${message.type} of ${to}`);
      },
    });
    subject.start();
    return subject;
  };
  const located = (subject: CatchUp, from: number, seq: number): void => {
    const { hash, entryEpoch } = source[seq - 1] as Entry;
    subject.onLocated(from as BackendId, {
      type: 'located', epoch: EPOCH, seq: seq as Seq, entryEpoch, hash,
    });
  };
  const locating = begin(joiner, true);
  locating.changeSource(linkTo(3, source));
  t.same(asked, ['locate of 2', 'locate of 3']);
  located(locating, 2, 3);
  t.same(asked.slice(2), [], 'what the lost one says is not heard');
  located(locating, 3, 3);
  t.same(asked.slice(2), ['locate of 3']);
  const comparing = begin(source.slice(0, 2), true);
  located(comparing, 2, 2);
  comparing.changeSource(linkTo(3, source));
  t.same(asked, ['locate of 2', 'fetch of 2', 'fetch of 3']);
  t.equal(comparing.phase, 'comparing');
  const streaming = begin(source.slice(0, 2), false);
  located(streaming, 2, 2);
  t.equal(streaming.phase, 'streaming');
  streaming.changeSource(linkTo(3, source));
  t.same(asked, ['locate of 2', 'fetch of 2', 'fetch of 3']);
});
