// Which Debian archive a base image is made from: the one that this machine's apt uses (a mirror nearby, or the only one
// that can be reached), else deb.debian.org. Pure; sources.list(5), both of its formats.

export const DEFAULT_MIRROR = 'http://deb.debian.org/debian';

export interface DebianSources {
  mirror: string;
  /** Content of the image's /etc/apt/sources.list. */
  sourcesList: string;
}

/** `files` are the texts of /etc/apt/sources.list and of what is in sources.list.d; `release` such as `bookworm`. */
export function debianSources(files: string[], release: string): DebianSources {
  const uris = files.flatMap((text) => [...oneLineUris(text), ...deb822Uris(text)]).map(withoutSlash);
  const mirror = uris.find((uri) => /\/debian$/.test(uri)) ?? DEFAULT_MIRROR;
  const security =
    uris.find((uri) => /\/debian-security$/.test(uri)) ??
    // The public archive has its security updates beside it; a private mirror may not.
    (mirror === DEFAULT_MIRROR ? 'http://deb.debian.org/debian-security' : undefined);
  const lines = [`deb ${mirror} ${release} main`];
  if (security) {
    lines.push(`deb ${mirror} ${release}-updates main`, `deb ${security} ${release}-security main`);
  }
  return { mirror, sourcesList: `${lines.join('\n')}\n` };
}

function oneLineUris(text: string): string[] {
  return [...text.matchAll(/^\s*deb\s+(?:\[[^\]]*\]\s+)?(https?:\/\/\S+)/gm)].map((match) => match[1] ?? '');
}

function deb822Uris(text: string): string[] {
  return [...text.matchAll(/^URIs:[ \t]*(.+)$/gim)].flatMap((match) =>
    (match[1] ?? '').split(/\s+/).filter((uri) => /^https?:\/\//.test(uri)),
  );
}

function withoutSlash(uri: string): string {
  return uri.replace(/\/+$/, '');
}
