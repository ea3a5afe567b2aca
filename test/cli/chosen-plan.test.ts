import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { choosePlan, type PlanWish } from '../../src/cli/chosen-plan.ts';
import { temporaryDirectory } from '../support/bank.ts';
import { runMain } from '../support/cli-context.ts';

const NOTHING: PlanWish = {
  scenario: undefined, seed: undefined, forMs: undefined, yesReally: false, single: undefined,
};

t.test('chosen-plan: a name, a seed, a single fault: the plan, and the flags for the same again',
  async (t) => {
    const named = choosePlan({ ...NOTHING, scenario: 'gentle', seed: 7 });
    t.equal(named.plan.name, 'gentle');
    t.same(named.flags, ['--scenario', 'gentle', '--seed', '7', '--for', '30s']);
    const drawn = choosePlan({ ...NOTHING, seed: 7, forMs: 60_000 });
    t.same(drawn.flags, ['--seed', '7', '--for', '1m']);
    t.same(choosePlan({ ...NOTHING, seed: 7, forMs: 60_000 }), drawn);
    const order = { kind: 'pause', count: 1, backend: 2, forMs: 500, mode: undefined } as const;
    const single = choosePlan({ ...NOTHING, seed: 7, single: order });
    t.same(single.flags, ['--pause', '1', '--backend', '2', '--for', '500ms', '--seed', '7']);
    t.equal(single.plan.steps.length, 1);
    t.equal(single.forMs, 8_500);
    const kill = { ...order, kind: 'kill' } as const;
    const longer = choosePlan({ ...NOTHING, seed: 7, single: kill, forMs: 60_000 });
    t.equal(longer.forMs, 60_000, 'what is done at once lasts no time: the run does');
    t.same(longer.flags, ['--kill', '1', '--backend', '2', '--for', '1m', '--seed', '7']);
    const short = choosePlan({ ...NOTHING, seed: 7, single: kill, forMs: 2_000 });
    t.equal(short.plan.steps[0]?.atMs, 1_000, 'it strikes also where the run is short');
  });

t.test('chosen-plan: no seed: one is drawn, and told', async (t) => {
  const seeds = [1, 2, 3].map(() => choosePlan({ ...NOTHING, scenario: 'gentle' }).seed);
  t.equal(new Set(seeds).size, 3);
});

t.test('chosen-plan: a file: read; what is wrong in it: line, word and tip, exit 2', async (t) => {
  const path = join(temporaryDirectory(t), 'plan.txt');
  writeFileSync(path, 'at 1s kill 1\n');
  t.equal(choosePlan({ ...NOTHING, scenario: path }).plan.steps.length, 1);
  writeFileSync(path, '# a plan\nat 1s kil 1\n');
  t.throws(() => choosePlan({ ...NOTHING, scenario: path }), {
    exitStatus: 2, message: /plan\.txt:2: there stands "kil"/, tip: 'did you mean kill?',
  });
});

t.test('chosen-plan: neither a name nor a file: the nearest name, exit 2', async (t) => {
  t.throws(() => choosePlan({ ...NOTHING, scenario: 'flaping' }), {
    exitStatus: 2, message: '"flaping" is neither a scenario nor a file',
    tip: 'did you mean flapping?',
  });
});

t.test('chosen-plan: what may destroy data: only with --yes-really, else exit 6', async (t) => {
  t.throws(() => choosePlan({ ...NOTHING, scenario: 'disks' }), {
    exitStatus: 6, message: /may destroy data \(corrupt, wipe\)/, tip: /--yes-really/,
  });
  const { flags } = choosePlan({ ...NOTHING, scenario: 'disks', yesReally: true });
  t.ok(flags.includes('--yes-really'));
});

t.test('chosen-plan: the command: lists, and refuses before there is a bank', async (t) => {
  const list = await runMain(['chaos', '--scenario', 'list']);
  t.equal(list.status, 0);
  t.match(list.stdout, /^gentle +one backend at a time/);
  const port = ['--port', '1'];
  for (const [args, status, words] of [
    [['--scenario', 'disks'], 6, /--yes-really/],
    [['--scenario', 'x', '--kill', '1'], 2, /two plans: one a run/],
    [['--clients', '8'], 2, /missing required option/],
    [['--scenario', 'gentle'], 3, /./],
  ] as const) {
    const { status: exit, stderr } = await runMain(['chaos', ...args, ...port]);
    t.equal(exit, status, args.join(' '));
    t.match(stderr, words);
  }
});
