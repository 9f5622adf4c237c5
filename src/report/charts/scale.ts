// Linear and logarithmic scales, and round tick values.

export interface Scale {
  (value: number): number;
  ticks: number[];
  domain: [number, number];
}

/** Ticks at 1, 2, 2.5 or 5 times a power of ten, about `count` of them. */
export function linearScale(domain: [number, number], range: [number, number], count = 6): Scale {
  const [low, high] = domain;
  const span = high - low || 1;
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw) ?? 10);
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high + step * 1e-9; i++) ticks.push(i * step);
  return Object.assign((value: number) => range[0] + ((value - low) / span) * (range[1] - range[0]), {
    ticks: ticks.map((tick) => Math.round(tick * 1e6) / 1e6),
    domain,
  });
}

/** The smallest round number (to about two digits) that is not below the value. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value) ?? 10);
}
