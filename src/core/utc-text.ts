/**
 * Timestamps in words, as ISO 8601 has them. The runtime could do it, too, but the core has no
 * clock, and so no word for one.
 */
const SECONDS_PER_DAY = 86_400;
const DAYS_PER_ERA = 146_097;
const DAYS_0000_03_01_TO_1970 = 719_468;
const MICROSECONDS = 1_000_000;

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
/** Hours and minutes at least, then seconds, then a zone: Z, or how far it is ahead of UTC. */
const TIME = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(?:Z|([+-])(\d\d):?(\d\d))?$/;

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
 * `2026-11-01T09:30:00.25+01:00` in microseconds since 1970. Seconds, their fraction (up to six
 * digits) and the zone may be left out: without a zone it is UTC; a date alone is its first
 * instant. Undefined for what is no such time, or not within 1970 and 2255.
 */
export function readUtc(text: string): number | undefined {
  const [date = '', time = '00:00', ...rest] = text.toUpperCase().split(/[T ]/);
  const days = daysOf(date);
  const [, hour, minute, second = '0', fraction = '', sign, zoneHour = '0', zoneMinute = '0'] =
    TIME.exec(time) ?? [];
  if (days === undefined || hour === undefined || rest.length > 0) return undefined;
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60
    && Number(zoneHour) < 24 && Number(zoneMinute) < 60;
  const ahead = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === '-' ? -60 : 60);
  const ofDay = Number(hour) * 3_600 + Number(minute) * 60 + Number(second) - ahead;
  const micro = Number(fraction.padEnd(6, '0'));
  const microseconds = (days * SECONDS_PER_DAY + ofDay) * MICROSECONDS + micro;
  const isWithin = microseconds >= 0 && Number.isSafeInteger(microseconds);
  return isTime && isWithin ? microseconds : undefined;
}

/** Since 1970, of a day that there is. The inverse of `dateText`. */
function daysOf(text: string): number | undefined {
  const [, year = '', month = '', day = ''] = DATE.exec(text) ?? [];
  if (year === '') return undefined;
  const fromMarch = (Number(month) + 9) % 12;
  const civil = Number(year) - (fromMarch >= 10 ? 1 : 0);
  const leapDays = Math.floor(civil / 4) - Math.floor(civil / 100) + Math.floor(civil / 400);
  const dayOfYear = Math.floor((153 * fromMarch + 2) / 5) + Number(day) - 1;
  const days = 365 * civil + leapDays + dayOfYear - DAYS_0000_03_01_TO_1970;
  return dateText(days) === text ? days : undefined;
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
