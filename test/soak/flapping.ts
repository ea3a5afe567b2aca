/** One backend is killed and started all the time, every half second, while clients write. */
import { pause } from '../support/bank.ts';
import { runTrial } from './trial.ts';

export function soakFlapping(minutes: number, seed: number): Promise<boolean> {
  const options = { seed, clients: 4, pauseMs: 10 };
  return runTrial(minutes, options, async ({ bank, load, random, isOver }) => {
    let kills = 0;
    while (!isOver()) {
      await bank.killBackend(2);
      kills += 1;
      bank.launchBackend(2);
      await pause(250 + random.int(500));
    }
    await bank.killBackend(2);
    await bank.startBackend(2);
    return `killed ${kills} times; no answer for ${load.takeLongestGapMs()} ms at most`;
  });
}
