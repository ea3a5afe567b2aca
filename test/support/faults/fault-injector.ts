/**
 * Loaded before bankd by `NODE_OPTIONS=--import`: puts itself between bankd and `node:fs`, counts
 * the calls that change the disk, and kills the process, or fails the call, where the plan says so.
 *
 * It tells what it sees by synchronous appends to files of its own: what was told stays told when
 * the process is killed in the next instruction.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { PLAN_VARIABLE, type Act, type CallKind, type FaultPlan } from './fault-plan.ts';
import { encodeShadow, type ShadowHead } from './shadow-log.ts';

type Callback = (error: Error | null, result?: number) => void;

const real = { ...fs };
const ZEROS = Buffer.alloc(1024 * 1024);

/** As of open(2), in words or in bits. */
function isReading(flags: string | number): boolean {
  const { O_RDWR, O_WRONLY } = fs.constants;
  return typeof flags === 'string' ? flags === 'r' : (flags & (O_RDWR | O_WRONLY)) === 0;
}

/** The file is there afterwards, and empty. */
function isMaking(flags: string | number): boolean {
  return typeof flags === 'string' ? flags.startsWith('w') : (flags & fs.constants.O_CREAT) !== 0;
}

class Injector {
  readonly #plan: FaultPlan;
  readonly #tally: number;
  readonly #shadow: number | undefined;
  /** The files in the root that are open. */
  readonly #paths = new Map<number, string>();
  #counted = 0;
  #calls = 0;

  constructor(plan: FaultPlan) {
    this.#plan = plan;
    this.#tally = real.openSync(plan.tally, 'a');
    if (plan.shadow !== undefined) this.#shadow = real.openSync(plan.shadow, 'a');
    this.#log({ what: 'boot' });
  }

  install(): void {
    Object.assign(fs, {
      open: this.#open,
      close: this.#close,
      write: this.#write,
      writeSync: this.#writeSync,
      fsync: (fd: number, done: Callback) => this.#sync(real.fsync, fd, done),
      fdatasync: (fd: number, done: Callback) => this.#sync(real.fdatasync, fd, done),
      fdatasyncSync: this.#fdatasyncSync,
      rename: this.#rename,
      unlink: this.#unlink,
      mkdir: this.#mkdir,
    });
    syncBuiltinESMExports();
  }

  // ---- the functions of node:fs ----------------------------------------------------------------

  readonly #open = (
    path: string, flags: string | number, mode: number, done: Callback,
  ): void => {
    const isAbove = path === dirname(this.#plan.root); // it makes the root durable
    if (!isAbove && !this.#isMine(path)) return real.open(path, flags, mode, done);
    const isThere = real.existsSync(path);
    const note = isMaking(flags)
      ? { what: isThere ? 'empty' as const : 'create' as const, path } : undefined;
    const opened: Callback = (error, fd = -1) => {
      if (error === null) {
        this.#paths.set(fd, path);
        this.#log({ what: 'opened', fd, path });
      }
      done(error, fd);
    };
    if (isReading(flags)) return real.open(path, flags, mode, opened);
    this.#later('open', path, note, (then) => real.open(path, flags, mode, then), opened);
  };

  readonly #close = (fd: number, done: (error?: Error | null) => void): void => {
    this.#paths.delete(fd);
    real.close(fd, done);
  };

  readonly #write = (
    fd: number, bytes: Uint8Array, offset: number, length: number, position: number, done: Callback,
  ): void => {
    const path = this.#paths.get(fd);
    if (path === undefined) return real.write(fd, bytes, offset, length, position, done);
    const part = Buffer.from(bytes.buffer, bytes.byteOffset + offset, length);
    const short = length - (length >> 1);
    const run = (then: Callback): void => real.write(fd, part, 0, length, position, then);
    const note = this.#written(fd, part, position);
    this.#later('write', path, note, run, done, part, {
      tear: () => real.writeSync(fd, part, 0, short, position),
      short: (then) => real.write(fd, part, 0, short, position, then),
    });
  };

  readonly #writeSync = (
    fd: number, bytes: Uint8Array, offset: number, length: number, position: number,
  ): number => {
    const path = this.#paths.get(fd);
    if (path === undefined) return real.writeSync(fd, bytes, offset, length, position);
    const part = Buffer.from(bytes.buffer, bytes.byteOffset + offset, length);
    const short = length - (length >> 1);
    const note = this.#written(fd, part, position);
    return this.#now('write', path, note, () => real.writeSync(fd, part, 0, length, position), {
      tear: () => real.writeSync(fd, part, 0, short, position),
      short: () => real.writeSync(fd, part, 0, short, position),
    }, part);
  };

  #sync(call: typeof real.fsync, fd: number, done: Callback): void {
    const path = this.#paths.get(fd);
    if (path === undefined) return call(fd, done);
    this.#later('sync', path, { what: 'sync', fd }, (then) => call(fd, then), done);
  }

  readonly #fdatasyncSync = (fd: number): void => {
    const path = this.#paths.get(fd);
    if (path === undefined) return real.fdatasyncSync(fd);
    this.#now('sync', path, { what: 'sync', fd }, () => {
      real.fdatasyncSync(fd);
      return 0;
    });
  };

  readonly #rename = (from: string, to: string, done: Callback): void => {
    if (!this.#isMine(to)) return real.rename(from, to, done);
    const moved: Callback = (error) => {
      for (const [fd, path] of this.#paths) if (path === from) this.#paths.set(fd, to);
      done(error);
    };
    const run = (then: Callback): void => real.rename(from, to, then);
    this.#later('rename', to, { what: 'rename', from, to }, run, moved);
  };

  readonly #unlink = (path: string, done: Callback): void => {
    if (!this.#isMine(path)) return real.unlink(path, done);
    this.#later('unlink', path, { what: 'unlink', path }, (then) => real.unlink(path, then), done);
  };

  readonly #mkdir = (path: string, mode: number, done: Callback): void => {
    if (!this.#isMine(path)) return real.mkdir(path, mode, done);
    const run = (then: Callback): void => real.mkdir(path, mode, then);
    this.#later('mkdir', path, { what: 'mkdir', path }, run, done);
  };

  // ---- one call --------------------------------------------------------------------------------

  #later(
    kind: CallKind, path: string, note: Note | undefined, run: (then: Callback) => void,
    done: Callback, bytes?: Buffer,
    partly?: { readonly tear: () => void; readonly short: (then: Callback) => void },
  ): void {
    const act = this.#next(kind, path);
    if (act === 'kill-before') die();
    if (act === 'EIO' || act === 'ENOSPC') {
      setImmediate(() => done(failure(act, kind)));
      return;
    }
    const call = this.#begin(note, bytes);
    if (act === 'tear') {
      partly?.tear();
      die();
    }
    const then: Callback = (error, result) => {
      if (error === null) this.#end(call);
      if (act === 'kill-after') die();
      done(error, result);
    };
    if (act === 'short' && partly !== undefined) partly.short(then);
    else run(then);
  }

  #now(
    kind: CallKind, path: string, note: Note, run: () => number,
    partly?: { readonly tear: () => void; readonly short: () => number }, bytes?: Buffer,
  ): number {
    const act = this.#next(kind, path);
    if (act === 'kill-before') die();
    if (act === 'EIO' || act === 'ENOSPC') throw failure(act, kind);
    const call = this.#begin(note, bytes);
    if (act === 'tear') {
      partly?.tear();
      die();
    }
    const result = act === 'short' && partly !== undefined ? partly.short() : run();
    this.#end(call);
    if (act === 'kill-after') die();
    return result;
  }

  /** Counts the call; what is to happen at it. */
  #next(kind: CallKind, path: string): Act | undefined {
    const site = `${kind} ${relative(this.#plan.root, path).replaceAll(/\d+/g, 'N')}`;
    const { strike } = this.#plan;
    if (strike === undefined || !counts(strike, kind, site)) {
      this.#tell(`${site}\n`);
      return undefined;
    }
    this.#counted += 1;
    const isIt = this.#counted === strike.n;
    this.#tell(isIt ? `strike ${strike.act} ${site}\n` : `${site}\n`);
    return isIt ? strike.act : undefined;
  }

  #isMine(path: string): boolean {
    return typeof path === 'string' && resolve(path).startsWith(this.#plan.root);
  }

  #tell(line: string): void {
    real.writeSync(this.#tally, line);
  }

  // ---- the shadow ------------------------------------------------------------------------------

  #written(fd: number, bytes: Buffer, at: number): Note {
    const { length } = bytes;
    const zeros = length <= ZEROS.length && bytes.equals(ZEROS.subarray(0, length));
    return { what: 'write', fd, at, length, zeros };
  }

  #begin(note: Note | undefined, bytes: Buffer | undefined): number {
    this.#calls += 1;
    if (note === undefined) return 0;
    const head = { ...note, call: this.#calls } as ShadowHead;
    this.#log(head, head.what === 'write' && !head.zeros ? bytes : undefined);
    return this.#calls;
  }

  #end(call: number): void {
    if (call > 0) this.#log({ what: 'done', call });
  }

  #log(head: ShadowHead, bytes?: Buffer): void {
    if (this.#shadow === undefined) return;
    const record = encodeShadow(head);
    real.writevSync(this.#shadow, bytes === undefined ? [record] : [record, bytes]);
  }
}

type WithoutCall<Head> = Head extends { readonly call: number } ? Omit<Head, 'call'> : never;
type Note = WithoutCall<ShadowHead>;

function counts(
  { kinds, site: pattern }: NonNullable<FaultPlan['strike']>, kind: CallKind, site: string,
): boolean {
  if (kinds !== undefined && !kinds.includes(kind)) return false;
  return pattern === undefined || new RegExp(pattern).test(site);
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable: SIGKILL takes effect at once');
}

function failure(code: 'EIO' | 'ENOSPC', call: CallKind): Error {
  return Object.assign(new Error(`${code}: injected, ${call}`), { code, syscall: call });
}

const plan = process.env[PLAN_VARIABLE];
if (plan !== undefined) new Injector(JSON.parse(plan) as FaultPlan).install();
