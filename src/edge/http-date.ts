// HTTP dates (RFC 9110 section 5.6.7), strictly: Date.parse would take "3600" or "tomorrow-ish" strings for dates, and
// a cache that guesses keeps things too long. Anything else than the three forms of the RFC is not a date, nor is
// another zone than GMT; upper and lower case are the same (RFC 9111 section 4.2).

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const IMF = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/i;
const RFC850 =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d\d)-([A-Z]{3})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/i;
const ASCTIME = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z]{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/i;

/**
 * Milliseconds since the epoch; undefined when the text is no HTTP date. `nowMs` settles two-digit years: what would be
 * more than 50 years ahead is of the century before.
 */
export function parseHttpDate(text: string, nowMs = 0): number | undefined {
  let match = IMF.exec(text);
  if (match) return build(Number(match[3]), match[2], match[1], match[4], match[5], match[6]);
  match = RFC850.exec(text);
  if (match) {
    const now = new Date(nowMs);
    const year = Math.floor(now.getUTCFullYear() / 100) * 100 + Number(match[3]);
    const limitMs = new Date(nowMs).setUTCFullYear(now.getUTCFullYear() + 50);
    const [, day, month, , ...time] = match;
    const ms = build(year, month, day, ...time);
    return ms !== undefined && ms > limitMs ? build(year - 100, month, day, ...time) : ms;
  }
  match = ASCTIME.exec(text);
  if (match) return build(Number(match[6]), match[1], match[2], match[3], match[4], match[5]);
  return undefined;
}

function build(
  year: number,
  monthName: string | undefined,
  day: string | undefined,
  ...time: (string | undefined)[]
): number | undefined {
  const month = MONTHS.indexOf((monthName ?? '').toLowerCase());
  const [hour = 0, minute = 0, second = 0] = time.map(Number);
  if (month < 0 || hour > 23 || minute > 59 || second > 60) return undefined;
  const ms =
    Date.UTC(year, month, Number(day), hour, minute, Math.min(second, 59)) + (second === 60 ? 1000 : 0);
  // Date.UTC would take year 50 for 1950, and 31 February for 3 March.
  return year >= 100 && new Date(ms - (second === 60 ? 1000 : 0)).getUTCDate() === Number(day)
    ? ms
    : undefined;
}
