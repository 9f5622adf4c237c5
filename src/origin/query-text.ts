// What a query may put into a response: no line ends, nothing that could begin another field; and the numbers in it.

export function token(text: string | null): string {
  return (text ?? '').replace(/[^!#$%&'*+\-.^_`|~0-9A-Za-z]/g, '').slice(0, 100);
}

export function printable(text: string | null): string {
  return (text ?? '').replace(/[^\x20-\x7e]/g, '').slice(0, 1000);
}

/** `1000`, `64k`, `10M`, `1g` in bytes (k = 1024); undefined when it is none of them or above `max`. */
export function parseSize(text: string, max: number): number | undefined {
  const match = /^(\d{1,10})([kmg]?)$/i.exec(text);
  if (!match) return undefined;
  const size = Number(match[1]) * 1024 ** ['', 'k', 'm', 'g'].indexOf((match[2] ?? '').toLowerCase());
  return size <= max ? size : undefined;
}
