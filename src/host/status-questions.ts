/**
 * Who waits for a status report. A connection answers in the order it was asked; on the next one
 * everything unanswered is asked again. Each question is settled once, and in time.
 */
import { Unreachable } from './unreachable.ts';

interface Question {
  readonly deadlineMs: number;
  readonly resolve: (report: unknown) => void;
  readonly reject: (error: Error) => void;
  isSettled: boolean;
}

export class StatusQuestions {
  readonly #ask: () => void;
  /** Also settled ones whose reports are still to come, lest another takes one for its own. */
  #questions: Question[] = [];

  /** `ask` sends the question, without effect while there is nobody to ask. */
  constructor(ask: () => void) {
    this.#ask = ask;
  }

  get isEmpty(): boolean {
    return this.#questions.every((question) => question.isSettled);
  }

  add(deadlineMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#questions.push({ deadlineMs, resolve, reject, isSettled: false });
      this.#ask();
    });
  }

  onWelcome(): void {
    this.#questions = this.#questions.filter((question) => !question.isSettled);
    for (let asked = 0; asked < this.#questions.length; asked += 1) this.#ask();
  }

  onReport(json: string): void {
    const question = this.#questions.shift();
    if (question === undefined || question.isSettled) return;
    try {
      question.resolve(JSON.parse(json));
    } catch {
      question.reject(new Unreachable('refused', 'the status report is no JSON'));
    }
  }

  onTick(nowMs: number): void {
    this.#rejectWhere((question) => question.deadlineMs <= nowMs, 'no status report in time');
  }

  abandon(detail: string): void {
    this.#rejectWhere(() => true, detail);
  }

  #rejectWhere(condition: (question: Question) => boolean, detail: string): void {
    for (const question of this.#questions) {
      if (question.isSettled || !condition(question)) continue;
      question.isSettled = true;
      question.reject(new Unreachable('no-connection', detail));
    }
  }
}
