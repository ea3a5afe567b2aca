import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { main } from '../../src/cli/main.ts';
import type { SeedResult } from '../../src/cli/sim-seeds.ts';
import { SimProgress } from '../../src/cli/sim-progress.ts';
import { BankdProcess } from '../support/bankd-process.ts';
import { MemoryStream, runMain } from '../support/cli-context.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SMALL = ['--backends', '2', '--clients', '2', '--operations', '40', '--faults', '4'];

function parse(stdout: string): SeedResult[] {
  return stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as SeedResult);
}

t.test('sim: some seeds: one sentence, nothing else', async (t) => {
  const { status, stdout, stderr } = await runMain(['sim', '--seeds', '3', ...SMALL]);
  t.equal(status, 0);
  t.match(stdout, /^3 seeds, nothing that must hold was broken: \d+ faults, \d+ operations answ/);
  t.equal(stderr, '', 'and no progress where nobody looks');
});

t.test('sim: one seed: its options first, its hash last, the same each time', async (t) => {
  const { status, stdout } = await runMain(['sim', '--seed', '7', ...SMALL]);
  const lines = stdout.trimEnd().split('\n');
  t.equal(status, 0);
  t.equal(lines[0], 'seed        7');
  t.match(stdout, /^backends    2, min-in-sync [12]$/m);
  t.match(stdout, /^faults      4, every \d+ ms/m);
  t.match(stdout, /^liveness    all well within \d+ ms after the faults$/m);
  t.match(stdout, /^verdict     nothing that must hold was broken$/m);
  t.match(lines.at(-1), /^hash        [0-9a-f]{8}$/);
  t.equal((await runMain(['sim', '--seed', '7', ...SMALL])).stdout, stdout);
});

t.test('sim: --trace: every event, a line each, and the same hash', async (t) => {
  const plain = await runMain(['sim', '--seed', '7', ...SMALL]);
  const { status, stdout } = await runMain(['sim', '--seed', '7', '--trace', ...SMALL]);
  t.equal(status, 0);
  t.match(stdout, /^ +\d+\.\d {2}backend 1 {2}→ frontend {3}vote 1: OK,commit \(epoch 1\)$/m);
  t.match(stdout, /^ +\d+\.\d {2}backend 2 {15}synced to 1$/m);
  t.match(stdout, /^ +\d+\.\d {2}client 1 {3}→ frontend {3}request \d+-1: \w+ /m);
  t.match(stdout, /^ +\d+\.\d {2}frontend {16}seq 1\.0 lease: prepared; .* decided commit; ans/m);
  const hashOf = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';
  t.equal(hashOf(stdout), hashOf(plain.stdout), 'to look on changes nothing');
});

t.test('sim: --json: an object a seed, in order, the same whatever the jobs', async (t) => {
  const argv = ['sim', '--json', '--first', '20', '--seeds', '6', ...SMALL];
  const one = await runMain([...argv, '--jobs', '1']);
  const three = await runMain([...argv, '--jobs', '3']);
  t.same(parse(one.stdout).map(({ seed, ok }) => [seed, ok]),
    [20, 21, 22, 23, 24, 25].map((seed) => [seed, true]));
  t.equal(three.status, 0);
  t.equal(three.stdout, one.stdout);
  const [single] = parse((await runMain(['sim', '--json', '--seed', '22', ...SMALL])).stdout);
  t.same(single, parse(one.stdout)[2]);
});

t.test('sim: a broken bank: exit 5, the trace, the violation, how to repeat it', async (t) => {
  const directory = t.testdir();
  for (const part of ['src', 'bin', 'package.json']) {
    cpSync(join(ROOT, part), join(directory, part), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  const path = join(directory, 'src', 'core', 'participant.ts');
  const source = readFileSync(path, 'utf8');
  const vote = 'this.#pendingVotes.push({ seq, hash, digest, results: withVote });';
  t.match(source, vote, 'a vote waits for its fsync');
  writeFileSync(path, source.replace(vote, vote.replace('pendingVotes.push', 'sendVote')));
  const run = (...argv: string[]): { status: number | null; stdout: string } =>
    spawnSync(process.execPath, ['bin/bankd.ts', 'sim', '--seeds', '60', ...argv], {
      cwd: directory, encoding: 'utf8',
    });
  const { status, stdout } = run('--operations', '200');
  t.equal(status, 5);
  t.match(stdout, /^seed \d+ breaks what must hold; \d+ seeds were run$/m);
  const repeat = /^repeat {6}bankd sim --seed (\d+) --trace --operations 200$/m.exec(stdout);
  t.match(stdout, /^VIOLATION {3}/m);
  t.match(stdout, /^verdict {5}BROKEN$/m);
  const [, traceAndRest = ''] = stdout.split(/^liveness .*$/m);
  const trace = traceAndRest.split('\n').filter((line) => /^ +\d+\.\d {2}/.test(line));
  t.ok(trace.length > 20 && trace.length <= 200, `the trace's end: ${trace.length} lines`);
  const json = run('--operations', '200', '--json', '--jobs', '2');
  t.equal(json.status, 5);
  const last = parse(json.stdout).at(-1);
  t.equal(last?.ok, false, 'the last is the one that broke');
  t.equal(String(last?.seed), repeat?.[1], 'the same first one, whatever the jobs');
});

t.test('sim: bad values: exit 2, and which', async (t) => {
  const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
    [['--seeds', '0'], /--seeds|whole number from 1/],
    [['--seeds', 'many'], /whole number from 1 to 4294967295 \(got "many"\)/],
    [['--seed', '-1'], /whole number from 0/],
    [['--backends', '99'], /whole number from 1/],
    [['--jobs', '0'], /whole number from 1 to 256/],
    [['--seed', '1', '--seeds', '2'], /--seed and --seeds exclude each other/],
    [['--seed', '1', '--forever'], /--seed and --forever exclude each other/],
    [['--forever', '--seeds', '2'], /--forever and --seeds exclude each other/],
    [['--exhaustive', '--backends', '2'], /--exhaustive and --backends exclude each other/],
    [['--exhaustive', '--jobs', '2'], /--exhaustive and --jobs exclude each other/],
    [['--trace'], /--trace shows one seed: give it with --seed N/],
    [['--seed', '1', '--json', '--trace'], /--json has no trace/],
    [['--first', '4294967295', '--seeds', '2'], /the largest seed is 4294967295/],
  ];
  for (const [argv, error] of mistakes) {
    const { status, stdout, stderr } = await runMain(['sim', ...argv]);
    t.equal(status, 2, argv.join(' '));
    t.equal(stdout, '');
    t.match(stderr, error, argv.join(' '));
  }
});

t.test('sim: what the environment says gives way to what is asked for', async (t) => {
  const seed = await runMain(['sim', ...SMALL], { env: { BANKD_SEED: '7' } });
  t.match(seed.stdout, /^seed +7$/m);
  const seeds = await runMain(['sim', '--seeds', '2', ...SMALL], { env: { BANKD_SEED: '7' } });
  t.match(seeds.stdout, /^2 seeds, nothing/);
  const one = await runMain(['sim', '--seed', '7', ...SMALL], { env: { BANKD_SEEDS: '2' } });
  t.equal(one.stdout, seed.stdout);
});

for (const jobs of ['1', '2']) {
  t.test(`sim: Ctrl-C: exit 130, and what was run so far (jobs ${jobs})`, async (t) => {
    const sim = new BankdProcess(['sim', '--forever', '--json', '--jobs', jobs, ...SMALL]);
    t.teardown(() => sim.kill());
    while (!sim.stdout.includes('\n')) await new Promise((resolve) => setTimeout(resolve, 20));
    sim.signal('SIGINT');
    t.same(await sim.exited, { code: 130, signal: null });
    const seeds = parse(sim.stdout).map(({ seed }) => seed);
    t.same(seeds, seeds.map((_, at) => at + 1), 'whole lines, in order');
  });
}

t.test('sim: progress: a bar on a terminal, with speed and what is left', async (t) => {
  const stderr = Object.assign(new MemoryStream(), { isTTY: true });
  const context = {
    env: {}, stdin: new PassThrough().end(), stdout: new MemoryStream(), stderr, colorDepth: 1,
    noColor: false,
  };
  const argv = ['sim', '--seeds', '5', '--jobs', '1', ...SMALL];
  t.equal(await main(argv, context), 0);
  t.match(stderr.text, /sim: \[#{4}-{16}\]  20 % of 5 seeds, \d+\.?\d* seeds\/s, \d+ s left/);
  t.ok(stderr.text.endsWith('\r\x1b[K'), 'and is removed at the end');
  using endless = new SimProgress(context, Infinity);
  endless.show(12);
  t.match(stderr.text, /sim: 12 seeds, \d+\.?\d* seeds\/s$/);
});
