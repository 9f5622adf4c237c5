// A path in its normal form (RFC 3986 section 6.2.2): hexadecimal digits in upper case, unreserved characters decoded, dot
// segments resolved. What is reserved stays encoded: `/a%2Fb` and `/a/b` are two resources. Routes are matched by this
// form, so that `/static/%2e%2e/private` gets the policy of what it means.

const NEEDS_WORK = /%|\/\./;

/** The path alone, without a query. */
export function normalPath(path: string): string {
  if (!NEEDS_WORK.test(path)) return path;
  return withoutDotSegments(normalPercent(path));
}

/** Percent-encodings of unreserved characters decoded, all others in upper case. */
export function normalPercent(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%([0-9A-Fa-f]{2})/g, (encoded, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : encoded.toUpperCase();
  });
}

/** RFC 3986 section 5.2.4. */
function withoutDotSegments(path: string): string {
  if (!path.includes('/.')) return path;
  const kept: string[] = [];
  const segments = path.split('/');
  segments.forEach((segment, i) => {
    const last = i === segments.length - 1;
    if (segment === '.' || segment === '..') {
      // The first is what stands before the leading slash: it never goes.
      if (segment === '..' && kept.length > 1) kept.pop();
      if (last) kept.push('');
    } else {
      kept.push(segment);
    }
  });
  return kept.join('/');
}

/**
 * Why origins may read this path in another way than it looks, or undefined. An origin that decodes `..%2f` answers with a
 * page of another route (web cache deception), one that stops at a NUL or a line break with a shorter path's.
 */
export function ambiguousPath(path: string): 'encoded-dot-segments' | 'encoded-control' | undefined {
  if (!path.includes('%') && !path.includes('\\')) return undefined;
  if (/%(?:[01][0-9A-Fa-f]|7[Ff])/.test(path)) return 'encoded-control';
  // Encoded percent signs are decoded once more, for origins that do so twice.
  const decoded = path
    .replace(/%25/g, '%')
    .replace(/%2[Ee]/g, '.')
    .replace(/%(?:2[Ff]|5[Cc])|\\/g, '/');
  if (decoded === path) return undefined;
  const hidden = /%2[Ff]|%5[Cc]|\\|%25/.test(path);
  return hidden && /(?:^|\/)\.\.?(?:[/;]|$)/.test(decoded) ? 'encoded-dot-segments' : undefined;
}
