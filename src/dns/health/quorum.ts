// Several servers look at the same POPs from different places. A POP goes down only when enough of those heard lately
// say so: then the outage of one checker, or of its own uplink, moves nobody's clients (Route 53 asks for 18 % of its
// checkers). With too few views left a server trusts itself: it may be the one that is cut off, but then nobody hears it.

/** One server's view of one POP. */
export interface View {
  health: 'up' | 'down' | 'unknown';
  /** Least seconds until this view could change. */
  secondsToChange: number;
  /** Least seconds until the view may have expired; Infinity for a server's own. */
  secondsToExpiry: number;
}

export interface QuorumRule {
  /** Servers that must agree: a number from 1, or a share below 1 of the views heard. */
  atLeast: number;
}

export interface Verdict {
  health: 'up' | 'down' | 'unknown';
  /** `down by 2 of 3`, `own view, 1 of 3 heard`. */
  reason: string;
  /** Least seconds until the verdict could change. */
  secondsToChange: number;
}

/** `own` first; `others` holds undefined for each server that was not heard lately. */
export function decideByQuorum(own: View, others: readonly (View | undefined)[], rule: QuorumRule): Verdict {
  const total = others.length + 1;
  const views = [own, ...others];
  const decided = tally(counts(views), own.health, total, rule);
  return { ...decided, secondsToChange: leastTime(views, total, rule, decided.health) };
}

interface Counts {
  up: number;
  down: number;
}

function counts(views: readonly (View | undefined)[]): Counts {
  const of = (health: string) => views.filter((view) => view?.health === health).length;
  return { up: of('up'), down: of('down') };
}

function tally(
  { up, down }: Counts,
  own: View['health'],
  total: number,
  { atLeast }: QuorumRule,
): Omit<Verdict, 'secondsToChange'> {
  const heard = up + down;
  // A number asks for that many views; a share asks for most servers, so that a cut-off pair does not outvote ten.
  const enough = atLeast >= 1 ? heard >= Math.min(atLeast, total) : 2 * heard > total;
  if (!enough) return { health: own, reason: `own view, ${heard} of ${total} heard` };
  const needed = atLeast >= 1 ? Math.min(atLeast, total) : Math.max(1, Math.ceil(atLeast * heard));
  return down >= needed
    ? { health: 'down', reason: `down by ${down} of ${heard}` }
    : { health: 'up', reason: down > 0 ? `up, down by only ${down} of ${heard}` : `up by ${up} of ${heard}` };
}

/**
 * The first moment at which the views that may have changed or expired by then could turn the verdict, if all did their
 * worst. A server not heard may speak up at once with either view.
 */
function leastTime(
  views: readonly (View | undefined)[],
  total: number,
  rule: QuorumRule,
  health: View['health'],
): number {
  const times = new Set([0]);
  for (const view of views) if (view) times.add(view.secondsToChange).add(view.secondsToExpiry);
  const sorted = [...times].filter(Number.isFinite).sort((a, b) => a - b);
  return sorted.find((time) => canTurn(views, total, rule, health, time)) ?? Number.POSITIVE_INFINITY;
}

function canTurn(
  views: readonly (View | undefined)[],
  total: number,
  rule: QuorumRule,
  health: View['health'],
  seconds: number,
): boolean {
  const [own, ...others] = views;
  const fixed: Counts = { up: 0, down: 0 };
  const mayVanish: Counts = { up: 0, down: 0 };
  let free = 0;
  for (const view of others) {
    if (!view || view.health === 'unknown' || view.secondsToChange <= seconds) free++;
    else if (view.secondsToExpiry <= seconds) mayVanish[view.health]++;
    else fixed[view.health]++;
  }
  // The extremes are enough: all that can say down do, all that can say up do, or all that can be silent are. Between
  // them only how many of the contrary views vanish matters, for a share is of those heard.
  const worst: Counts[] = [fixed];
  for (let kept = 0; kept <= mayVanish.up; kept++)
    worst.push({ up: fixed.up + kept, down: fixed.down + mayVanish.down + free });
  for (let kept = 0; kept <= mayVanish.down; kept++)
    worst.push({ up: fixed.up + mayVanish.up + free, down: fixed.down + kept });
  const present = own?.health ?? 'unknown';
  const owns: View['health'][] = (own?.secondsToChange ?? 0) <= seconds ? ['up', 'down'] : [present];
  // What the own check says now it may go on saying.
  return [...new Set([present, ...owns])].some((mine) =>
    worst.some(({ up, down }) => {
      const all = { up: up + (mine === 'up' ? 1 : 0), down: down + (mine === 'down' ? 1 : 0) };
      return tally(all, mine, total, rule).health !== health;
    }),
  );
}
