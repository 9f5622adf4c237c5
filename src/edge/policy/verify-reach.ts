// Routes that no request reaches, since an earlier one takes all of theirs; and what patterns have in common.

import { compileGlob } from './glob.ts';
import type { RoutePolicy } from './route-policy.ts';
import type { RouteFinding } from './verify.ts';

export function verifyReach(routes: readonly RoutePolicy[]): RouteFinding[] {
  return routes.flatMap((route, i): RouteFinding[] => {
    const by = routes.slice(0, i).find((earlier) => takesAllOf(earlier, route));
    if (!by) return [];
    return [
      {
        severity: 'warning',
        path: `routes[${i}].match`,
        message: `no request gets here: ${by.name} comes before and matches all of it`,
        breaks: `whoever relies on ${route.name}: its settings are never used`,
        hint: 'the first match wins: put the narrower route first',
      },
    ];
  });
}

function takesAllOf(earlier: RoutePolicy, later: RoutePolicy): boolean {
  return (
    coversAll(earlier.match.hosts, later.match.hosts) && coversAll(earlier.match.paths, later.match.paths)
  );
}

function coversAll(wide: readonly string[], narrow: readonly string[]): boolean {
  if (wide.length === 0) return true;
  return narrow.length > 0 && narrow.every((pattern) => wide.some((each) => coversPath(each, pattern)));
}

/** Every text of `narrow` is one of `wide`. May say no where it is so: never yes where it is not. */
export function coversPath(wide: string, narrow: string): boolean {
  if (wide === narrow || wide === '*') return true;
  // A star of the narrow one stands for a text that `wide` can only take by a star of its own.
  return compileGlob(wide)(narrow.replaceAll('*', '\u0000'));
}

/** Some text could match both. May say yes where none does: never no where one does. */
export function mayShareAPath(a: string, b: string): boolean {
  const [headA, tailA] = ends(a);
  const [headB, tailB] = ends(b);
  const heads = headA.startsWith(headB) || headB.startsWith(headA);
  const tails = tailA.endsWith(tailB) || tailB.endsWith(tailA);
  if (!a.includes('*')) return compileGlob(b)(a);
  return b.includes('*') ? heads && tails : compileGlob(a)(b);
}

/** What stands before the first star and after the last. */
function ends(pattern: string): [string, string] {
  return [pattern.split('*', 1)[0] ?? '', pattern.slice(pattern.lastIndexOf('*') + 1)];
}
