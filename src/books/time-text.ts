/** Times in words: all operations of an entry have the same, which is spelled out once. */
import { utcText } from '../core/utc-text.ts';

export class TimeText {
  #timestamp = NaN;
  #text = '';

  of(timestamp: number): string {
    if (timestamp !== this.#timestamp) {
      this.#timestamp = timestamp;
      this.#text = utcText(timestamp);
    }
    return this.#text;
  }
}
