// Small random zones over few labels, so that every relation of names occurs: below each other, wildcards beside and
// below names, delegations above data, aliases to all of these. Equal for equal seeds.

const LABELS = ['a', 'b', '*', 'c'];
const DEPTH = 3;

/** Lines of a master file below its SOA, relative to the origin; a zone that can be loaded. */
export function randomZone(seed: number, names = 14): string {
  const random = generator(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const lines: string[] = [];
  const owners = new Map<string, 'data' | 'alias' | 'cut'>();
  for (let i = 0; i < names; i++) {
    const depth = 1 + Math.floor(random() * DEPTH);
    const owner = Array.from({ length: depth }, () => pick(LABELS)).join('.');
    if (owners.has(owner)) continue;
    const kind = pick(['data', 'data', 'data', 'alias', 'cut'] as const);
    if (kind === 'cut' && owner.startsWith('*')) continue;
    owners.set(owner, kind);
    if (kind === 'data') {
      lines.push(`${owner} A 192.0.2.${i}`);
      if (random() < 0.4) lines.push(`${owner} TXT "t${i}"`);
    } else if (kind === 'alias') {
      const target = Array.from({ length: 1 + Math.floor(random() * DEPTH) }, () =>
        pick(['a', 'b', 'c', 'x']),
      ).join('.');
      lines.push(`${owner} CNAME ${target}`);
    } else {
      lines.push(`${owner} NS ns.elsewhere.example.`);
      if (random() < 0.5) lines.push(`${owner} DS 1 13 2 ${'00'.repeat(32)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Every name of the labels, and of one that no zone has, to one level below what zones have; the apex is ''. */
export function gridNames(): string[] {
  let level = [''];
  const all = [''];
  for (let depth = 1; depth <= DEPTH + 1; depth++) {
    const labels = depth <= DEPTH ? [...LABELS, 'x'] : ['a', 'x'];
    level = level.flatMap((below) => labels.map((label) => (below === '' ? label : `${label}.${below}`)));
    all.push(...level);
  }
  return all;
}

/** mulberry32: small, seeded, good enough for tests. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
