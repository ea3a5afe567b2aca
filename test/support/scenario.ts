/**
 * Scenario files: commands and the full expected trace, as text (after etcd raft's testdata).
 *
 * A line that begins with `> ` is a command, the lines under it are what happened: who sent, voted,
 * synced, decided, answered what. Time is made up and every delay is fixed: a message takes 1 ms,
 * an fsync 2.5 ms. Heartbeats are left out. The commands are those of `COMMANDS` below.
 */
import type { Message } from '../../src/core/message.ts';
import { encodeChunk, type Operation } from '../../src/core/operation.ts';
import type { FromClient, ToClient } from '../../src/core/message.ts';
import { Random } from '../../src/core/random.ts';
import { describeMessage } from '../../src/sim/describe-message.ts';
import type { Fate } from '../../src/sim/sim-control-store.ts';
import { present } from '../../src/core/assert.ts';
import { cutBack, rot } from '../../src/sim/disk-faults.ts';
import type { SimBackend } from '../../src/sim/sim-backend.ts';
import { SimCluster } from '../../src/sim/sim-cluster.ts';
import type { SimClientEnd } from '../../src/sim/sim-frontend.ts';

const STEP_MS = 30;
const LEFT_OUT = new Set<Message['type']>([
  'ping',
  'pong',
  'view-changed',
  'client-hello',
  'welcome',
]);

/** The scenario with the trace that it has now. */
export async function runScenario(text: string): Promise<string> {
  const scenario = new Scenario();
  const out: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) out.push(line);
    if (!line.startsWith('> ')) continue;
    out.push('', line, ...(await scenario.run(line.slice(2).trim().split(/\s+/))));
  }
  return `${out.join('\n')}\n`;
}

/** One client, one operation at a time, as typed. */
class TypingClient implements SimClientEnd {
  readonly name = 'client';
  #send: ((message: FromClient) => void) | undefined;
  #session = 0;
  #number = 0;
  #query = 0;
  #waiting: Operation | undefined;

  onConnected(send: (message: FromClient) => void): void {
    this.#send = send;
    send({ type: 'client-hello', cluster: '0'.repeat(32) as never });
  }

  onDisconnected(): void {
    this.#send = undefined;
  }

  get connected(): boolean {
    return this.#send !== undefined;
  }

  /** Sent as soon as there is a session. */
  type(operation: Operation): void {
    if (operation.kind !== 'query' && this.#session === 0) {
      this.#waiting = operation;
      this.#send?.({ type: 'open-session' });
    } else this.#put(operation);
  }

  onMessage(message: ToClient): void {
    if (message.type !== 'session') return;
    this.#session = message.session;
    if (this.#waiting !== undefined) this.#put(this.#waiting);
    this.#waiting = undefined;
  }

  /** The last write again, under its number. */
  #put(operation: Operation): void {
    if (operation.kind === 'query') {
      this.#query += 1;
      this.#send?.({ type: 'query', query: this.#query, chunk: encodeChunk(0, 0, [operation]) });
      return;
    }
    this.#number += 1;
    const chunk = encodeChunk(this.#session, this.#number, [operation]);
    this.#send?.({ type: 'request', chunk });
  }
}

type Words = readonly (string | undefined)[];

class Scenario {
  #cluster = new SimCluster(new Random(1), { fixedDelays: true });
  readonly #client = new TypingClient();
  #lines: string[] = [];
  stepMs = STEP_MS;

  async run(words: string[]): Promise<string[]> {
    this.#lines = [];
    const [verb = '', ...rest] = words;
    const command = COMMANDS[verb];
    if (command === undefined) throw new Error(`no command ${verb}`);
    const forMs = (await command(this, rest)) ?? this.stepMs;
    const { queue } = this.#cluster;
    await queue.runUntil(queue.nowMs + forMs);
    const { found } = this.#cluster.invariants;
    if (found.length > 0) throw new Error(found.join('\n'));
    return this.#lines;
  }

  /** Lets the time of a step pass, and shows nothing of it. */
  async quietly(run: () => void): Promise<void> {
    const shown = this.#lines;
    this.#lines = [];
    run();
    await this.#cluster.queue.runUntil(this.#cluster.queue.nowMs + this.stepMs);
    this.#lines = shown;
  }

  /** A new bank of so many backends. */
  bank(count: number, minInSync: number): void {
    const cluster = new SimCluster(new Random(1), { count, minInSync, fixedDelays: true });
    this.#cluster = cluster;
    cluster.restartsStopped = false;
    cluster.onNote = (line) => this.#show(line.replaceAll(/[0-9a-f]{32}/g, '…'));
    cluster.traceLine = (line) => this.#show(`trace: ${line}`);
    cluster.onMessage = (from, to, message) => {
      if (!LEFT_OUT.has(message.type)) this.#show(`${from} → ${to}: ${describeMessage(message)}`);
    };
  }

  get cluster(): SimCluster {
    return this.#cluster;
  }

  backend(word: string | undefined): SimBackend {
    const backend = this.#cluster.backends[Number(word) - 1];
    if (backend === undefined) throw new Error(`no backend ${word}`);
    return backend;
  }

  type(operation: Operation): void {
    if (!this.#client.connected) this.#cluster.connectClient(this.#client);
    this.#client.type(operation);
  }

  #show(line: string): void {
    this.#lines.push(`${this.#cluster.queue.nowMs.toFixed(1).padStart(8)} ${line}`);
  }
}

type Command = (scenario: Scenario, words: Words) => number | void | Promise<void>;

/** Each does its thing; how long to look on then, where not the usual time. */
const COMMANDS: Readonly<Record<string, Command>> = {
  bank: (scenario, [count, minInSync]) => scenario.bank(Number(count), Number(minInSync ?? 1)),
  wait: (_scenario, [ms]) => Number(ms),
  /** How long to look on after each command from now on. */
  step: (scenario, [ms]) => {
    scenario.stepMs = Number(ms);
    return 0;
  },
  frontend: ({ cluster }, [flag, value]) => {
    if (flag === '--accept-data-loss') cluster.invariants.forgive();
    cluster.startFrontend({
      recover: flag === '--recover',
      acceptDataLoss: flag === '--accept-data-loss',
      ...(flag === '--keys' ? { keysMax: Number(value) } : {}),
    });
  },
  /** How many keys are remembered, as the frontend tells. */
  keys: ({ cluster }) => {
    cluster.note(`keys: ${cluster.frontend?.coordinator.status().keys}`);
    return 0;
  },
  /** The same operation so many times, one after another; only the last one is shown. */
  repeat: async (scenario, [times, ...words]) => {
    for (let time = 1; time < Number(times); time += 1) {
      await scenario.quietly(() => scenario.type(parse(words)));
    }
    scenario.type(parse(words));
  },
  /** Asks for a clean stop, as SIGTERM does. */
  'stop-frontend': ({ cluster }) => {
    cluster.frontend?.sees((coordinator, now) => coordinator.prepareStop(now));
  },
  'is-stopped': ({ cluster }) => cluster.note(`stopped: ${cluster.frontend?.coordinator.stopped}`),
  'kill-frontend': ({ cluster }) => cluster.crashFrontend(),
  'lose-record': ({ cluster }) => {
    cluster.store.record = undefined;
  },
  /** An old copy of the record is put back. */
  'roll-back-record': ({ cluster }, [epochs]) => {
    const { record } = cluster.store;
    if (record === undefined) throw new Error('there is no record');
    const epoch = (record.epoch - Number(epochs)) as typeof record.epoch;
    cluster.store.record = { ...record, epoch };
  },
  'no-room-for-record': ({ cluster }, [times]) => {
    cluster.store.failNext = Number(times);
  },
  /** What becomes of the next write of the record: dropped, applied, or late; no one is told. */
  'lose-answer-of-record': ({ cluster }, [fate = 'dropped']) => {
    cluster.store.fates.push(fate as Fate);
  },
  start: (scenario, ids) => {
    for (const id of ids) scenario.backend(id).start();
  },
  /** What was not fsynced is lost, all of it. */
  kill: (scenario, ids) => {
    for (const id of ids) {
      scenario.backend(id).losePower(() => false);
    }
  },
  /** The process only: what was written stays in the page cache. */
  'kill-process': (scenario, ids) => {
    for (const id of ids) scenario.backend(id).kill();
  },
  wipe: (scenario, [id]) => scenario.backend(id).wipe(),
  /** An old copy of its directory, with so many entries. */
  'put-back': (scenario, [id, entries]) => {
    cutBack(scenario.backend(id), Number(entries));
  },
  corrupt: (scenario, [id]) => {
    const backend = scenario.backend(id);
    const { file, offset } = present(backend.journal.endOf(1), 'there is an entry');
    backend.onTouched();
    backend.journal.excuse(() => file.rot(offset - 100, 3));
  },
  'corrupt-identity': (scenario, [id]) => {
    rot(scenario.backend(id), 'identity', new Random(1));
  },
  flip: (scenario, [id]) => scenario.backend(id).flip(),
  full: (scenario, [id]) => {
    scenario.backend(id).storage.free = 0;
  },
  room: (scenario, [id]) => {
    scenario.backend(id).storage.free = Infinity;
  },
  pause: (scenario, [id]) => scenario.backend(id).pause(),
  resume: (scenario, [id]) => scenario.backend(id).resume(),
  cut: (scenario, [id]) => scenario.backend(id).cut(),
  /** Half-open: nothing of it arrives at the frontend for so long, not even its end. */
  stall: (scenario, [id, ms]) => scenario.backend(id).pipe?.stall(0, Number(ms)),
  /** It gives up its connection; the frontend does not learn it for a while. */
  leave: (scenario, [id]) => scenario.backend(id).leave(),
  'slow-disk': (scenario, [id, ms]) => {
    scenario.backend(id).diskFaults.slowMs = Number(ms);
  },
  /** Looks on for only so long: to strike in the middle of something. */
  'in-the-middle-of': (scenario, [ms, ...words]) => {
    scenario.type(parse(words));
    return Number(ms);
  },
  create: (scenario, words) => scenario.type(parse(['create', ...words])),
  update: (scenario, words) => scenario.type(parse(['update', ...words])),
  deposit: (scenario, words) => scenario.type(parse(['deposit', ...words])),
  withdraw: (scenario, words) => scenario.type(parse(['withdraw', ...words])),
  transfer: (scenario, words) => scenario.type(parse(['transfer', ...words])),
  query: (scenario, words) => scenario.type(parse(['query', ...words])),
};

function parse([kind, ...numbers]: Words): Operation {
  const [first = 0, second = 0, third = 0] = numbers.map(Number);
  switch (kind) {
    case 'create':
      return { kind, amount: first };
    case 'query':
      return { kind, account: first };
    case 'transfer':
      return { kind, account: first, toAccount: second, amount: third };
    case 'update':
    case 'deposit':
    case 'withdraw':
      return { kind, account: first, amount: second };
    default:
      throw new Error(`no operation ${kind}`);
  }
}
