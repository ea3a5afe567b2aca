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
  const leftMs = Math.max(0, startMs + forMs - performance.now());
  const left = (leftMs / 1000).toFixed(1);
  const end = stage.interrupted.aborted ? `ends by itself in ${left} s (interrupted)` : 'has ended';
  stage.say(`backend ${ids.join(', ')}: the cut ${end}`);
}

async function order(id: number, mode: CutMode, forMs: number, stage: ChaosStage): Promise<void> {
  const { outcome, detail } = await ask(id, mode, forMs, stage);
  if (outcome === 'not-allowed') throw new ChaosError(outcome, detail);
  if (outcome === 'refused') throw new ChaosError(outcome, `backend ${id} was not cut: ${detail}`);
}

async function ask(
  id: number, mode: CutMode, forMs: number, { client }: ChaosStage,
): ReturnType<ChaosStage['client']['cut']> {
  try {
    return await client.cut(id, mode, forMs, { timeoutMs: ANSWER_MS });
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    const sentence = `backend ${id} did not say that it is cut: ${error.message}`;
    throw new ChaosError('unreachable', sentence);
  }
}
