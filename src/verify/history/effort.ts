/** How much searching there may be, and how much there was; counts configurations. */
export const EFFORT_DEFAULT = 100_000_000;

export class Effort {
  readonly limit: number;
  spent = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get isOver(): boolean {
    return this.spent > this.limit;
  }
}
