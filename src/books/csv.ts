/** Lines of CSV as RFC 4180 has them: CRLF at their ends, quotes where a field needs them. */

export type CsvField = string | number | boolean | null;

/**
 * What a spreadsheet takes for a formula, whoever wrote it: a name is a customer's own (OWASP, "CSV
 * injection").
 */
const FORMULA = /^[=+\-@\t\r]/;
const DECIMAL = /^-?[0-9]+(\.[0-9]+)?$/;

/**
 * `isForSpreadsheet`: text that would be a formula there begins with an apostrophe. That is not
 * what it was: programs that read it back want it without.
 */
export function csvLine(fields: readonly CsvField[], isForSpreadsheet: boolean): string {
  return `${fields.map((field) => csvField(field, isForSpreadsheet)).join(',')}\r\n`;
}

function csvField(field: CsvField, isForSpreadsheet: boolean): string {
  if (field === null) return '';
  if (typeof field !== 'string') return String(field);
  const isFormula = isForSpreadsheet && FORMULA.test(field) && !DECIMAL.test(field);
  const text = isFormula ? `'${field}` : field;
  // Quoted, an empty text is told from none.
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
