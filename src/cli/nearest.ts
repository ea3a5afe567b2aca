/**
 * The known word that a mistyped one was probably meant to be.
 *
 * The distance is that of optimal string alignment (Damerau 1964): letters left out, put in,
 * replaced, or swapped with a neighbour count one each.
 */

/** The longest word that is looked at: mistypes are short, hostile input is not. */
const WORD_LENGTH_MAX = 40;

/** The nearest candidate, if it is near enough to be meant; the first of equals. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > WORD_LENGTH_MAX) return undefined;
  const typed = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const known = candidate.toLowerCase();
    const distance = alignmentDistance(typed, known);
    const startsIt = typed.replace(/^-+/, '').length >= 2 && known.startsWith(typed);
    const limit = Math.max(1, Math.floor(Math.max(known.length, typed.length) / 3));
    if ((distance <= limit || startsIt) && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** How many slips of the finger lie between two words. */
export function alignmentDistance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1];
      let distance = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 &&
        one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (swapped) distance = Math.min(distance, at(beforeLast, column - 2) + 1);
      current.push(distance);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, other.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
