// A name server's explanation (JSON) as indented text: whatever it tells, nothing left out. Pure.

export function explanationText(
  server: string,
  name: string,
  client: string,
  explanation: Record<string, unknown>,
): string {
  return [`${server} on ${name} for ${client}:`, ...lines(explanation, 1)].join('\n');
}

function lines(value: unknown, depth: number): string[] {
  const indent = '  '.repeat(depth);
  if (Array.isArray(value))
    return value.flatMap((item) =>
      isScalar(item) ? [`${indent}- ${item}`] : [`${indent}- ${inline(item)}`],
    );
  return Object.entries((value ?? {}) as Record<string, unknown>).flatMap(([key, item]) => {
    if (item === undefined || item === null) return [];
    if (isScalar(item)) return [`${indent}${key}: ${item}`];
    return [`${indent}${key}:`, ...lines(item, depth + 1)];
  });
}

/** An item of a list on one line: `pop pop-fra, rttMs 12.3`. */
function inline(value: unknown): string {
  if (isScalar(value)) return String(value);
  if (Array.isArray(value)) return value.map(inline).join(' ');
  return Object.entries((value ?? {}) as Record<string, unknown>)
    .filter(([, item]) => item !== undefined && item !== null)
    .map(([key, item]) => `${key} ${inline(item)}`)
    .join(', ');
}

function isScalar(value: unknown): boolean {
  return value === null || typeof value !== 'object';
}
