// Internet users by country: a CSV file `country,users` that an operator brings (World Bank, ITU, own analytics).

import { type Problem, UserError } from '../../base/errors.ts';

const HINT = 'lines such as `DE,79000000`: ISO 3166-1 alpha-2, and a number; # starts a comment';

/** Users by country. A first line of titles is skipped. @throws UserError naming every wrong line. */
export function parseCountryUsers(text: string, file: string): Map<string, number> {
  const users = new Map<string, number>();
  const problems: Problem[] = [];
  let first = true;
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const content = line.replace(/#.*/, '').trim();
    if (content === '') continue;
    const [country = '', count = ''] = content
      .split(',')
      .map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    const isTitle = first && !/^\d/.test(count);
    first = false;
    if (isTitle) continue;
    const value = Number(count);
    if (!/^[A-Za-z]{2}$/.test(country) || count === '' || !(value >= 0 && Number.isFinite(value))) {
      problems.push({
        file,
        line: i + 1,
        message: `\`${content}\` is not a country and a number`,
        hint: HINT,
      });
    } else if (users.has(country.toUpperCase())) {
      problems.push({ file, line: i + 1, message: `${country} is there twice` });
    } else users.set(country.toUpperCase(), value);
  }
  if (problems.length === 0 && users.size === 0)
    problems.push({ file, message: 'no country in it', hint: HINT });
  if (problems.length > 0) throw new UserError(problems);
  return users;
}
