/** 64 clients, while one process, or two, or the frontend are killed, paused, and started again. */
import { pause, type TestBank } from '../support/bank.ts';
import type { Random } from '../../src/core/random.ts';
import { runTrial } from './trial.ts';

const CLIENTS = 64;

export function soakClients(minutes: number, seed: number): Promise<boolean> {
  const options = { seed, clients: CLIENTS, pauseMs: 100 };
  return runTrial(minutes, options, async ({ bank, load, random, isOver }) => {
    const faults: string[] = [];
    while (!isOver()) {
      await load.answered(100);
      faults.push(await injectFault(bank, random));
      await load.answered(100);
    }
    return `faults: ${faults.join(', ')}`;
  });
}

async function injectFault(bank: TestBank, random: Random): Promise<string> {
  const one = 1 + random.int(3);
  const other = 1 + (one % 3);
  switch (random.int(4)) {
    case 0:
      await bank.killBackend(one);
      await bank.startBackend(one);
      return `killed backend ${one}`;
    case 1:
      await Promise.all([bank.killBackend(one), bank.killBackend(other)]);
      await pause(random.int(1_000));
      await Promise.all([bank.startBackend(other), bank.startBackend(one)]);
      return `killed backends ${one} and ${other}`;
    case 2:
      bank.pauseBackend(one);
      await pause(random.int(3_000));
      bank.resumeBackend(one);
      return `paused backend ${one}`;
    default:
      await bank.killFrontend();
      await bank.startFrontend();
      return 'killed the frontend';
  }
}
