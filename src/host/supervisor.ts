/** `bankd backend`: N backend processes, real ones of the operating system, kept alive. */
import { aborted } from './aborted.ts';
import { childArguments } from './child-arguments.ts';
import { logAs } from './log.ts';
import type { BackendsOptions } from './server-options.ts';
import { listenForStop } from './stop-request.ts';
import { describeEnding, SupervisedChild, type Ending } from './supervised-child.ts';

/** Of the 2 s that a stop may take. */
const CHILD_PATIENCE_MS = 1_500;

/** Resolves to the exit status when the backends have ended for good. */
export async function runBackends(options: BackendsOptions): Promise<number> {
  const log = logAs('backends');
  const children: SupervisedChild[] = [];
  const stop = listenForStop(() => children.forEach((child) => child.kill()));
  let worst = 0;
  const allEnded = new Promise<void>((resolve) => {
    const onEnded = (name: string, ending: Ending): void => {
      worst = Math.max(worst, ending.status);
      if (!stop.aborted) log(describeEnding(name, ending));
      if (children.every((child) => !child.lives)) resolve();
    };
    for (let id = 1; id <= options.count; id += 1) {
      const name = `backend ${id}`;
      const makeArguments = (): readonly string[] => childArguments.backend(options, id);
      const events = {
        onLine: () => {},
        onEnded: (ending: Ending) => onEnded(name, ending),
      };
      children.push(new SupervisedChild(name, makeArguments, options.restart, events));
    }
  });
  for (const child of children) child.start();
  await Promise.race([allEnded, aborted(stop)]);
  if (!stop.aborted) return worst;
  await Promise.all(children.map((child) => child.stop(CHILD_PATIENCE_MS)));
  return 0;
}
