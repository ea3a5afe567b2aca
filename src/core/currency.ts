/**
 * Currencies (ISO 4217, list one): the codes, how many digits each has after the point, and the
 * number under which the ledger keeps one. Kept here, and not asked of the runtime, because all
 * replicas must agree, whatever they run on.
 */
import { DEFAULT_SCALE } from './record.ts';

const TWO_DIGITS = `
  AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
  CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
  GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
  MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
  PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
  TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG`;
/** The codes by digits after the point. */
export const CURRENCIES: readonly (readonly [digits: number, codes: string])[] = [
  [2, TWO_DIGITS],
  [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
  [3, 'BHD IQD JOD KWD LYD OMR TND'],
  [4, 'CLF UYW'],
];

/** Of an account without a currency. */
export const CURRENCY_NONE = 0;
/** The most digits after the point of any currency. */
export const SCALE_MAX = 4;
/** Above every number of a currency: it fits into 15 bits. */
export const CURRENCY_LIMIT = 32768;

const LETTERS = 26;
const FIRST_LETTER = 65;

const NO_CURRENCY = 255;

/** Digits after the point by number of the currency. */
const SCALES = new Uint8Array(CURRENCY_LIMIT).fill(NO_CURRENCY);
SCALES[CURRENCY_NONE] = DEFAULT_SCALE;
for (const [digits, codes] of CURRENCIES) {
  for (const code of codes.trim().split(/\s+/)) SCALES[pack(code)] = digits;
}

/** The number of a code such as EUR; undefined where ISO 4217 has none. */
export function currencyNumber(code: string): number | undefined {
  if (!/^[A-Z]{3}$/.test(code)) return undefined;
  const number = pack(code);
  return isCurrency(number) ? number : undefined;
}

/** The code; undefined for CURRENCY_NONE, and for what is no currency. */
export function currencyCode(number: number): string | undefined {
  if (number === CURRENCY_NONE || !isCurrency(number)) return undefined;
  const letter = (place: number): string =>
    String.fromCharCode(FIRST_LETTER + (Math.floor((number - 1) / place) % LETTERS));
  return letter(LETTERS * LETTERS) + letter(LETTERS) + letter(1);
}

/** CURRENCY_NONE included. */
export function isCurrency(number: number): boolean {
  return (SCALES[number] ?? NO_CURRENCY) !== NO_CURRENCY;
}

/** Digits after the point. */
export function scaleOf(currency: number): number {
  return SCALES[currency] as number;
}

/** AAA is 1, ZZZ is 17,576. */
function pack(code: string): number {
  let number = 0;
  for (const letter of code) number = number * LETTERS + letter.charCodeAt(0) - FIRST_LETTER;
  return number + 1;
}
