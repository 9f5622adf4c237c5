// HTTP dates (RFC 9110 section 5.6.7), strictly: Date.parse would take "3600" or "tomorrow-ish" strings for dates, and
// a cache that guesses keeps things too long. Anything else than the three forms of the RFC is not a date.

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const IMF = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;
const RFC850 =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/;
const ASCTIME = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/** Milliseconds since the epoch; undefined when the text is no HTTP date. `nowMs` settles two-digit years. */
export function parseHttpDate(text: string, nowMs = 0): number | undefined {
  let match = IMF.exec(text);
  if (match) return build(match[3], match[2], match[1], match[4], match[5], match[6]);
  match = RFC850.exec(text);
  if (match) {
    const thisYear = new Date(nowMs).getUTCFullYear();
    let year = Math.floor(thisYear / 100) * 100 + Number(match[3]);
    if (year > thisYear + 50) year -= 100;
    return build(String(year), match[2], match[1], match[4], match[5], match[6]);
  }
  match = ASCTIME.exec(text);
  if (match) return build(match[6], match[1], match[2], match[3], match[4], match[5]);
  return undefined;
}

function build(
  year: string | undefined,
  monthName: string | undefined,
  day: string | undefined,
  ...time: (string | undefined)[]
): number | undefined {
  const month = MONTHS.indexOf(monthName ?? '');
  const [hour = 0, minute = 0, second = 0] = time.map(Number);
  if (month < 0 || hour > 23 || minute > 59 || second > 60) return undefined;
  const ms = Date.UTC(Number(year), month, Number(day), hour, minute, second);
  return new Date(ms).getUTCDate() === Number(day) || second === 60 ? ms : undefined;
}
