// Distances by straight lines through the globe: the square of the chord orders points as the great circle does, at three
// multiplications instead of a haversine. For tables, where every record of a database meets every POP.

import type { Coordinates } from '../../net/great-circle.ts';

const EARTH_RADIUS_KM = 6371.0088; // mean radius, IUGG, as in net/great-circle

export type Vector = readonly [x: number, y: number, z: number];

export function unitVector(point: Coordinates): Vector {
  const latitude = (point.latitude * Math.PI) / 180;
  const longitude = (point.longitude * Math.PI) / 180;
  const level = Math.cos(latitude);
  return [level * Math.cos(longitude), level * Math.sin(longitude), Math.sin(latitude)];
}

/** Of the unit sphere, 0 to 4. */
export function squaredChord(a: Vector, b: Vector): number {
  const [x, y, z] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
  return x * x + y * y + z * z;
}

/** Great-circle kilometres from `squaredChord`. */
export function chordKm(squared: number): number {
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(squared) / 2));
}
