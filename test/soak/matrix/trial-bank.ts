/**
 * A bank on trial: real processes under a light load, each of which can be started with faults of
 * its file system and with a shadow from which a power loss is emulated; and the judgement at the
 * end, of the history that the clients saw and of the directories.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Random } from '../../../src/core/random.ts';
import { TestBank, until, type BankdProcess, type Exit } from '../../support/bank.ts';
import { explain, type Done } from '../../support/history-check.ts';
import { faultEnvironment, type FaultPlan, type Strike } from '../../support/faults/fault-plan.ts';
import { ShadowDisk } from '../../support/faults/shadow-disk.ts';
import { Load } from '../../support/load.ts';
import { verified } from '../../support/verified.ts';
import { SoakScope } from '../soak-scope.ts';
import { checkImage, CLAIM_NONE, type Claim, type Who } from './image.ts';

export type { Who } from './image.ts';

export interface TrialBankOptions {
  readonly count: number;
  readonly seed: number;
  readonly frontend?: readonly string[];
  /** A bank's directories, to begin with a copy of them. */
  readonly template?: string;
}

export interface LaunchOptions {
  readonly strike?: Strike | undefined;
  /** Whether its power may be cut. */
  readonly shadow?: boolean;
}

/** Resolves as the step does; rejects when the process under trial has ended. */
export type Alive = <Value>(step: Promise<Value>) => Promise<Value>;

/** What no process says that comes back from a crash: it has all that it had synced. */
const COMPLAINT = /corrupt|anew|set aside|lost.data|diverged|^error|assert/i;
/** `UNAVAILABLE` and `BUSY` are the truth while nobody is there; nothing happened. */
const HARMLESS = /^(UNAVAILABLE|BUSY): /;
const IN_SYNC_MS = 60_000;
/** Power losses that are looked at before one of them is taken. */
const IMAGES = 5;

/** A process from its start on, and what its file system told. */
export class Life {
  readonly process: BankdProcess;
  readonly #tally: string;
  #exitCode: number | null = null;

  constructor(process: BankdProcess, tally: string) {
    this.process = process;
    this.#tally = tally;
    void process.exited.then(({ code }) => (this.#exitCode = code));
  }

  /** The calls that changed the disk, in order: `write journal/N.segment`. */
  get sites(): string[] {
    return this.#lines.map((line) => line.replace(/^strike \S+ /, ''));
  }

  /** Where the strike fell. */
  get struck(): string | undefined {
    return this.#lines.find((line) => line.startsWith('strike '))?.replace(/^strike \S+ /, '');
  }

  /** Null where a signal ended it, or nothing yet. */
  get exitCode(): number | null {
    return this.#exitCode;
  }

  get complaints(): string[] {
    return this.process.lines.filter((line) => COMPLAINT.test(line));
  }

  get #lines(): string[] {
    return readFileSync(this.#tally, 'utf8').split('\n').filter((line) => line !== '');
  }
}

/** The bank that is there, first; then others like it. */
export function startingWith(
  first: TrialBank, begin: () => Promise<TrialBank>,
): () => Promise<TrialBank> {
  let isTaken = false;
  return async () => {
    if (isTaken) return begin();
    isTaken = true;
    return first;
  };
}

/** How a life with this strike may end; a failed call ends it with 7, or not at all. */
export function checkExit(
  life: Life, ending: number | string | null, strike: Strike | undefined,
): void {
  const isKill = strike?.act === 'tear' || strike?.act.startsWith('kill') === true;
  const expected = life.struck === undefined ? [0] : isKill ? ['SIGKILL'] : [0, 7];
  if (expected.some((each) => each === ending)) return;
  throw new Error(`it ended with ${ending}: ${life.process.lines.at(-1)}`);
}

export class TrialBank {
  readonly bank: TestBank;
  readonly home: string;
  readonly #seed: number;
  readonly #scope = new SoakScope();
  readonly #shadows = new Map<Who, ShadowDisk>();
  readonly #claims = new Map<Who, Claim>();
  #load: Load | undefined;
  /** With what they were started. */
  readonly #launched = new Map<Who, Strike | undefined>();
  #launches = 0;

  private constructor({ count, seed, frontend = [], template }: TrialBankOptions) {
    this.#seed = seed;
    this.home = mkdtempSync(join(tmpdir(), 'bankd-matrix-'));
    const data = join(this.home, 'data');
    if (template === undefined) mkdirSync(data);
    else execFileSync('cp', ['-r', '--sparse=always', template, data]);
    this.bank = TestBank.prepare(this.#scope, { count, frontend, data });
  }

  /** Nothing is started yet. */
  static prepare(options: TrialBankOptions): TrialBank {
    return new TrialBank(options);
  }

  /** All are in sync, and two clients are at work. */
  static async start(options: TrialBankOptions, launch: LaunchOptions = {}): Promise<TrialBank> {
    const trial = new TrialBank(options);
    try {
      await trial.launch('frontend', launch);
      for (const id of trial.bank.ids) await trial.launch(id, launch);
      await trial.inSync();
      await trial.startLoad();
    } catch (error) {
      await trial.end(true);
      throw error;
    }
    return trial;
  }

  get load(): Load {
    if (this.#load === undefined) throw new Error('there is no load yet');
    return this.#load;
  }

  async startLoad(earlier: readonly Done[] = []): Promise<void> {
    this.#load = await Load.start(this.#scope, {
      port: this.bank.port, clients: 2, pauseMs: 5, seed: this.#seed, earlier,
    });
  }

  directoryOf(who: Who): string {
    return who === 'frontend' ? join(this.bank.data, 'frontend') : this.bank.directoryOf(who);
  }

  /** A frontend's start is awaited until it listens or has ended. */
  async launch(who: Who, { strike, shadow = false }: LaunchOptions = {}): Promise<Life> {
    const tally = this.#fileOf(who, 'tally');
    this.#launched.set(who, strike);
    const plan: FaultPlan = {
      root: this.directoryOf(who), tally,
      ...(strike === undefined ? {} : { strike }),
      ...(shadow ? { shadow: this.#shadowOf(who) } : {}),
    };
    const env = faultEnvironment(plan);
    if (who !== 'frontend') return new Life(this.bank.launchBackend(who, { env }), tally);
    await this.bank.startFrontendWith({ env }).catch((error: unknown) => {
      if (this.bank.frontend.running) throw error;
    });
    return new Life(this.bank.frontend, tally);
  }

  /** Starts it without faults; it, and after a frontend all, must come back without a complaint. */
  async comeBack(who: Who, launch: LaunchOptions = {}, allowed?: RegExp): Promise<Life> {
    const life = await this.launch(who, launch);
    if (who === 'frontend') await this.#startMissing();
    else await Promise.race([this.bank.backendReady(who), this.#ended(life)]);
    const complaint = life.complaints.find((line) => allowed?.test(line) !== true);
    if (complaint !== undefined) throw new Error(`at its return: ${complaint}`);
    return life;
  }

  /** Takes the steps, each for as long as the process lives; how it ended. */
  async through(life: Life, steps: (alive: Alive) => Promise<unknown>): Promise<Exit> {
    const { process } = life;
    const gone = process.exited.then(() => Promise.reject(new Error('the process has ended')));
    gone.catch(() => undefined);
    try {
      await steps((step) => Promise.race([step, gone]));
    } catch (error) {
      if (process.running) throw error;
    }
    return process.running ? process.kill() : process.exited;
  }

  isLaunched(who: Who): boolean {
    return this.#launched.has(who);
  }

  process(who: Who): BankdProcess {
    return who === 'frontend' ? this.bank.frontend : this.bank.backend(who);
  }

  /** Who is in sync has promised this epoch and has what is decided, and may never lose it. */
  async noteClaims(): Promise<void> {
    const { epoch, commitSeq, backends } = await this.bank.status();
    this.#claims.set('frontend', { epoch, seq: 0 });
    for (const { id, status } of backends) {
      if (status === 1) this.#claims.set(id, { epoch, seq: commitSeq });
    }
  }

  /** Of a process that has been killed: looks at some images, then takes one of them. */
  async cutPower(who: Who, random: Random, keep?: number): Promise<void> {
    const shadow = this.#shadows.get(who);
    if (shadow === undefined) throw new Error(`${who} was started without a shadow`);
    const path = join(this.home, 'image');
    for (let image = 0; image < IMAGES; image += 1) {
      shadow.writeImage(path, random);
      await checkImage(path, who, this.#claims.get(who) ?? CLAIM_NONE);
      rmSync(path, { recursive: true, force: true });
    }
    shadow.cutPower(random, keep);
  }

  /** What was kept of an earlier life of its directory is not valid any more. */
  forgetShadow(who: Who): void {
    this.#shadows.delete(who);
    this.#claims.delete(who);
  }

  async inSync(): Promise<void> {
    await this.bank.statusIs('1'.repeat(this.bank.count), IN_SYNC_MS);
  }

  /** Stops the bank; what is wrong with what the clients were told and with the directories. */
  async judge(): Promise<string[]> {
    const { bank, load } = this;
    const wrong: string[] = [];
    await this.#calm();
    const history = await load.stop();
    const troubles = load.troubles.filter((trouble) => !HARMLESS.test(trouble));
    wrong.push(...troubles.map((trouble) => `a client saw ${trouble}`));
    const { wrong: unexplained, balances } = explain(history);
    wrong.push(...unexplained);
    await this.inSync();
    await until('all have everything', async () => {
      const { commitSeq, backends } = await bank.status();
      return backends.every(({ lastSeq }) => lastSeq === commitSeq);
    });
    for (const { code } of await bank.stop()) {
      if (code !== 0) wrong.push(`a clean stop ended with ${code}`);
    }
    const verdicts = await verified(bank.ids.map((id) => bank.directoryOf(id)));
    for (const { directory, ok, accounts, digest } of verdicts) {
      if (!ok) wrong.push(`${directory} is damaged`);
      if (digest !== verdicts[0]?.digest) wrong.push(`${directory} is not as the others are`);
      if (JSON.stringify(accounts) !== JSON.stringify(balances)) {
        wrong.push(`${directory} is not what the clients were told`);
      }
    }
    return wrong;
  }

  /** Ends every process; the files stay where they tell something. */
  async end(keep: boolean): Promise<void> {
    await this.#scope.end();
    if (!keep) rmSync(this.home, { recursive: true, maxRetries: 5 });
  }

  async #startMissing(): Promise<void> {
    for (const id of this.bank.ids) {
      if (!this.isLaunched(id) || !this.process(id).running) await this.launch(id);
    }
    await this.inSync();
  }

  /** Nobody is down, and no strike is still to come. */
  async #calm(): Promise<void> {
    for (const [who, strike] of this.#launched) {
      if (strike !== undefined) await this.process(who).kill();
      if (!this.process(who).running) await this.launch(who);
    }
  }

  async #ended({ process }: Life): Promise<never> {
    const { code, signal } = await process.exited;
    throw new Error(`it ended at its return, ${signal ?? code}: ${process.lines.at(-1)}`);
  }

  #shadowOf(who: Who): string {
    const log = join(this.home, `${who}.shadow`);
    if (!this.#shadows.has(who)) {
      this.#shadows.set(who, new ShadowDisk(this.directoryOf(who), log));
    }
    return log;
  }

  #fileOf(who: Who, kind: string): string {
    this.#launches += 1;
    return join(this.home, `${who}.${this.#launches}.${kind}`);
  }
}
