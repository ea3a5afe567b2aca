/**
 * Timestamps in words, as ISO 8601 has them. The runtime could do it, too, but the core has no
 * clock, and so no word for one.
 */
const SECONDS_PER_DAY = 86_400;
const DAYS_PER_ERA = 146_097;
const DAYS_0000_03_01_TO_1970 = 719_468;

/** `2026-11-01T00:00:00.000000Z`: microseconds since 1970, at least 0. */
export function utcText(microseconds: number): string {
  const micro = microseconds % 1_000_000;
  const seconds = (microseconds - micro) / 1_000_000;
  const second = seconds % SECONDS_PER_DAY;
  const days = (seconds - second) / SECONDS_PER_DAY;
  const hour = Math.floor(second / 3_600);
  const minute = Math.floor(second / 60) % 60;
  const time = [hour, minute, second % 60].map((part) => digits(part, 2)).join(':');
  return `${dateText(days)}T${time}.${digits(micro, 6)}Z`;
}

/**
 * Days since 1970 in the Gregorian calendar, whose eras of 400 years repeat. Years are counted from
 * March, so that the leap day comes last (Hinnant, chrono-Compatible Low-Level Date Algorithms).
 */
function dateText(days: number): string {
  const sinceMarch = days + DAYS_0000_03_01_TO_1970;
  const era = Math.floor(sinceMarch / DAYS_PER_ERA);
  const day = sinceMarch % DAYS_PER_ERA;
  const leapDays = Math.floor(day / 1_460) - Math.floor(day / 36_524) + Math.floor(day / 146_096);
  const year = Math.floor((day - leapDays) / 365);
  const dayOfYear = day - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const civil = 400 * era + year + (month <= 2 ? 1 : 0);
  return `${digits(civil, 4)}-${digits(month, 2)}-${digits(dayOfMonth, 2)}`;
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}
