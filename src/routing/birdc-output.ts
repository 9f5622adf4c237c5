// Parses what BIRD answers on its control socket (doc/reply_codes in BIRD's source): `CODE-text` lines of one reply,
// `CODE text` its last line, a leading blank continues the code before it, `+` is unasked. Pure: text in, facts out.

/** One complete reply: the code of its last line, and each line's code and text. */
export interface BirdReply {
  /** 0xxx done, 8xxx failed at run time, 9xxx not understood. */
  code: number;
  lines: { code: number; text: string }[];
}

export interface BirdSession {
  name: string;
  /** BIRD's words: `up`, `start`, `down`; for BGP that is up also `Established`, else `Active`, `Connect`... */
  state: string;
  established: boolean;
  /** BIRD's last word on it: `Socket: Network is unreachable`. */
  info: string;
}

export interface BirdProtocol {
  name: string;
  /** `BGP`, `Static`, `Kernel`, `Babel`, `BFD`... */
  kind: string;
  /** `up`, `start`, `down`, `stop`. */
  state: string;
  info: string;
}

/** The replies that are complete in `text`, and what is left over until more arrives. */
export function parseReplies(text: string): { replies: BirdReply[]; rest: string } {
  const replies: BirdReply[] = [];
  let lines: BirdReply['lines'] = [];
  let code = 0;
  let consumed = 0;
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
    const line = text.slice(start, end);
    start = end + 1;
    if (line.startsWith('+')) continue;
    const coded = /^(\d{4})([ -])/.exec(line);
    if (coded) code = Number(coded[1]);
    lines.push({ code, text: coded ? line.slice(5) : line.slice(1) });
    if (coded?.[2] === ' ') {
      replies.push({ code, lines });
      lines = [];
      consumed = start;
    }
  }
  return { replies, rest: text.slice(consumed) };
}

/** Of `show protocols` (code 1002): name, kind, table, state, since, info in columns. */
export function parseProtocols(reply: BirdReply): BirdProtocol[] {
  const protocols: BirdProtocol[] = [];
  for (const { code, text } of reply.lines) {
    if (code !== 1002) continue;
    const [name, kind, , state, ...rest] = text.trim().split(/\s+/);
    if (!name || !kind || !state) continue;
    // `since` is `HH:MM:SS.mmm`, or `YYYY-MM-DD` once it is older than a day.
    protocols.push({ name, kind, state, info: rest.slice(1).join(' ') });
  }
  return protocols;
}

export function parseSessions(reply: BirdReply): BirdSession[] {
  return parseProtocols(reply)
    .filter((protocol) => protocol.kind === 'BGP')
    .map(({ name, state, info }) => ({
      name,
      state: info === '' ? state : (info.split(' ')[0] ?? state),
      established: state === 'up' && info.startsWith('Established'),
      info,
    }));
}

/**
 * Of `show protocols all`: the sum of all route change counters of all channels (updates and withdraws, received,
 * imported, exported). It grows with every UPDATE, so that a sum that rests means a router that rests.
 */
export function sumRouteChanges(reply: BirdReply): number {
  let sum = 0;
  for (const { text } of reply.lines) {
    const counters = /^\s*(?:Import|Export) (?:updates|withdraws):(.*)$/.exec(text)?.[1];
    for (const word of counters?.trim().split(/\s+/) ?? []) if (/^\d+$/.test(word)) sum += Number(word);
  }
  return sum;
}

/** Of `show route count` (code 14): routes and networks over all tables. */
export function parseRouteCount(reply: BirdReply): { routes: number; networks: number } {
  const total = { routes: 0, networks: 0 };
  for (const { text } of reply.lines) {
    const match = /^(\d+) of \d+ routes for (\d+) networks in table/.exec(text);
    total.routes += Number(match?.[1] ?? 0);
    total.networks += Number(match?.[2] ?? 0);
  }
  return total;
}

/** Of `show status`: version, router id, and whether the daemon is up and running. */
export function parseStatus(reply: BirdReply): { version: string; routerId: string; running: boolean } {
  const text = reply.lines.map((line) => line.text).join('\n');
  return {
    version: /BIRD (\S+)/.exec(text)?.[1] ?? '',
    routerId: /Router ID is (\S+)/.exec(text)?.[1] ?? '',
    running: /Daemon is up and running/.test(text),
  };
}
