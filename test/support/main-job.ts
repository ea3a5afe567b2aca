/**
 * bankd's main job: a script of mixed commands piped into `bankd up` while its processes are killed
 * and started again. Every answer is compared with a twin that only knows the rules, and the
 * balances in every backend's directory with the twin's, after the bank has stopped.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../../src/host/client.ts';
import { Random } from '../../src/core/random.ts';
import { bankdCommand } from './bankd-process.ts';
import { TextTwin } from './text-twin.ts';

export interface MainJobOptions {
  readonly directory: string;
  readonly commands: number;
  readonly seed: number;
  /** A process is killed about so often. */
  readonly killEveryMs: number;
  /** Whether the frontend is killed as well. */
  readonly frontendToo: boolean;
  /** A supervisor waits longer before each new start: more kills take more time. */
  readonly killsMax?: number;
}

export interface MainJobVerdict {
  readonly kills: string[];
  /** `line: command: expected, but was` */
  readonly wrong: string[];
  readonly exit: number | null;
  readonly seconds: number;
}

export async function runMainJob(options: MainJobOptions): Promise<MainJobVerdict> {
  const random = new Random(options.seed);
  const script = makeScript(random, options.commands);
  const startedMs = performance.now();
  const { file, args } = bankdCommand(
    ['up', '--port', '0', '--data', options.directory, '--timeout', '60s']);
  const child = spawn(file, [...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const answers: string[] = [];
  createInterface(child.stdout).on('line', (line) => answers.push(line));
  const ready = Promise.withResolvers<number>();
  createInterface(child.stderr).on('line', (line) => {
    const port = /^ready bank .*:(\d+) pid/.exec(line)?.[1];
    if (port !== undefined) ready.resolve(Number(port));
  });
  const exited = once(child, 'exit');
  child.stdin.end(`${script.map(({ line }) => line).join('\n')}\n`);
  const ended = new AbortController();
  const killing = killNowAndThen(await ready.promise, random, options, ended.signal);
  const [exit] = (await exited) as [number | null];
  ended.abort();
  const wrong = compare(script, answers);
  wrong.push(...await compareDirectories(options.directory, script));
  return {
    kills: await killing, wrong, exit, seconds: (performance.now() - startedMs) / 1000,
  };
}

interface Line {
  readonly line: string;
  readonly expected: string;
  readonly twin: TextTwin;
}

function makeScript(random: Random, count: number): Line[] {
  const twin = new TextTwin();
  const lines: Line[] = [];
  while (lines.length < count) {
    const line = twin.draw(random);
    lines.push({ line, expected: twin.answer(line), twin });
  }
  return lines;
}

function compare(script: readonly Line[], answers: readonly string[]): string[] {
  const wrong: string[] = [];
  script.forEach(({ line, expected }, at) => {
    const answer = answers[at] ?? '(nothing)';
    const matches = expected.startsWith('ERR') ? answer.startsWith(expected) : answer === expected;
    if (!matches) wrong.push(`${at + 1}: ${line}: expected ${expected}, but was ${answer}`);
  });
  const extra = answers.length - script.length;
  if (extra > 0) wrong.push(`${extra} answers too many`);
  return wrong;
}

interface DirectoryVerdict {
  readonly directory: string;
  readonly lastSeq: number;
  readonly accounts: Record<string, string>;
}

async function compareDirectories(directory: string, script: readonly Line[]): Promise<string[]> {
  const twin = script[0]?.twin;
  const paths = [1, 2, 3].map((id) => join(directory, `backend-${id}`));
  const { file, args } = bankdCommand(['verify', ...paths, '--accounts', '--json']);
  const child = spawn(file, [...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  const [exit] = (await once(child, 'close')) as [number | null];
  const wrong: string[] = exit === 0 ? [] : [`verify ended with ${exit}`];
  if (lines.length !== 3) wrong.push(`verify printed ${lines.length} objects`);
  const verdicts = lines.map((line) => JSON.parse(line) as DirectoryVerdict);
  const newest = Math.max(...verdicts.map(({ lastSeq }) => lastSeq));
  for (const { directory: path, lastSeq, accounts } of verdicts) {
    if (lastSeq < newest) continue; // it was down when the bank stopped
    const expected = JSON.stringify(twin?.balances());
    if (JSON.stringify(accounts) !== expected) wrong.push(`${path}: not the balances of the twin`);
  }
  return wrong;
}

async function killNowAndThen(
  port: number, random: Random, options: MainJobOptions, ended: AbortSignal,
): Promise<string[]> {
  const kills: string[] = [];
  const killed = new Set<string>();
  const startedMs = performance.now();
  while (!ended.aborted && kills.length < (options.killsMax ?? Infinity)) {
    const delayMs = options.killEveryMs * (0.5 + random.next());
    await sleep(delayMs, undefined, { signal: ended }).catch(() => undefined);
    if (ended.aborted) break;
    const victims = await findVictims(port, options.frontendToo);
    if (victims.length === 0) continue;
    // One that was killed before waits longer before it starts again: first all the others.
    const others = victims.filter(([name]) => !killed.has(name));
    const [name, pid] = random.pick(others.length > 0 ? others : victims);
    killed.add(name);
    try {
      process.kill(pid, 'SIGKILL');
      kills.push(`${((performance.now() - startedMs) / 1000).toFixed(1)} s: ${name}`);
    } catch {
      // it has just ended by itself
    }
  }
  return kills;
}

async function findVictims(port: number, frontendToo: boolean): Promise<[string, number][]> {
  try {
    await using client = await Client.connect({ port, timeoutMs: 500, connectTimeoutMs: 500 });
    const { frontend, backends } = (await client.status()) as {
      frontend: { pid: number };
      backends: { id: number; pid: number | null; status: 0 | 1 }[];
    };
    // Without the last one in sync there is no service, and every answer is UNAVAILABLE.
    const spared = backends.filter(({ status }) => status === 1).length < 2 ? 1 : undefined;
    const victims = backends.flatMap(({ id, pid, status }): [string, number][] =>
      pid === null || status === spared ? [] : [[`backend ${id}`, pid]]);
    return frontendToo ? [...victims, ['frontend', frontend.pid]] : victims;
  } catch {
    return []; // the frontend is down just now
  }
}
