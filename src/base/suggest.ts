// "Did you mean": the nearest valid names for a mistyped one, for every command, node, city or option.

/** Up to `limit` of `candidates` closest to `typed`: containing it, or within a third of its length in edits. */
export function nearestNames(typed: string, candidates: Iterable<string>, limit = 3): string[] {
  const wanted = typed.toLowerCase();
  const bound = Math.max(2, Math.ceil(wanted.length / 3));
  return [...candidates]
    .map((name) => {
      const lower = name.toLowerCase();
      const contained = wanted.length >= 2 && (lower.includes(wanted) || wanted.includes(lower));
      return { name, distance: contained ? 1 : editDistance(wanted, lower) };
    })
    .filter((candidate) => candidate.distance <= bound)
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, limit)
    .map((candidate) => candidate.name);
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
