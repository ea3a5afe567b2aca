/** The network of backends is cut, by a switch of their own that the frontend reaches. */
import { Unreachable } from '../host/unreachable.ts';
import { ChaosError } from './chaos-error.ts';
import type { ChaosStage } from './chaos-stage.ts';
import type { CutMode } from './fault.ts';
import { watchOf } from './status-watch.ts';

const ANSWER_MS = 2_000;

const WORDS: Readonly<Record<CutMode, string>> = {
  'both': 'nothing passes',
  'to': 'nothing reaches it',
  'from': 'nothing comes from it',
  'half-open': 'its connection is lost, which the frontend does not learn',
  'slow': 'little passes, and late',
};

/** Each ends by itself, also where this process ends before. */
export async function cut(
  ids: readonly number[],
  mode: CutMode,
  forMs: number,
  stage: ChaosStage,
): Promise<void> {
  const watch = watchOf(stage);
  watch.onSlowFault();
  const startMs = performance.now();
  for (const id of ids) {
    await order(id, mode, forMs, stage);
    stage.say(`cut off backend ${id} for ${forMs / 1000} s: ${WORDS[mode]}`);
  }
  await watch.during(forMs);
  const names = `backend ${ids.join(', ')}`;
  const leftMs = Math.max(0, startMs + forMs - performance.now());
  if (!stage.interrupted.aborted) stage.say(`${names}: the cut has ended`);
  else stage.say(`${names}: the cut ends by itself in ${(leftMs / 1000).toFixed(1)} s (interrupted)`);
}

async function order(id: number, mode: CutMode, forMs: number, stage: ChaosStage): Promise<void> {
  const { outcome, detail } = await ask(id, mode, forMs, stage);
  if (outcome === 'begins') return;
  throw new ChaosError(outcome, outcome === 'refused' ? `backend ${id} was not cut: ${detail}` : detail);
}

async function ask(
  id: number, mode: CutMode, forMs: number, { client }: ChaosStage,
): ReturnType<ChaosStage['client']['cut']> {
  try {
    return await client.cut(id, mode, forMs, { timeoutMs: ANSWER_MS });
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    throw new ChaosError('unreachable', `backend ${id} did not say that it is cut: ${error.message}`);
  }
}
