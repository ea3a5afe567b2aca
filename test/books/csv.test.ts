import t from 'tap';
import { csvLine, type CsvField } from '../../src/books/csv.ts';

/** A slow reader of RFC 4180, character by character. */
function readLine(text: string): string[] {
  const fields = [''];
  let isQuoted = false;
  for (let at = 0; at < text.length - 2; at += 1) {
    const character = text[at] as string;
    if (character === '"' && isQuoted && text[at + 1] === '"') {
      fields.push(`${fields.pop()}"`);
      at += 1;
    } else if (character === '"') isQuoted = !isQuoted;
    else if (character === ',' && !isQuoted) fields.push('');
    else fields.push(`${fields.pop()}${character}`);
  }
  return fields;
}

t.test('csv: any text: one line, and read back as it was', async (t) => {
  const texts = [
    'plain', '', 'a,b', '"', '""', 'a"b', '",', 'ä😀', "=1+1", '-5', ' blank ', "it's", 'a;b',
  ];
  for (const one of texts) {
    for (const other of texts) {
      const line = csvLine([one, other, 'end'], false);
      t.ok(line.endsWith('\r\n') && !line.slice(0, -2).includes('\n'));
      t.same(readLine(line), [one, other, 'end'], line);
    }
  }
  t.equal(csvLine([1, true, null, '-2.50', ''], false), '1,true,,-2.50,""\r\n');
});

t.test('csv: for spreadsheets: no text is a formula, and amounts stay', async (t) => {
  const fields: readonly CsvField[] = ['=1+1', '+1', '-a', '@x', '-2.50', '-5', -5, 'a=b'];
  t.equal(csvLine(fields, true), "'=1+1,'+1,'-a,'@x,-2.50,-5,-5,a=b\r\n");
  t.equal(csvLine(['=A,B'], true), "\"'=A,B\"\r\n");
});
