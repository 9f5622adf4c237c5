// Distance on the sphere, for GeoIP steering, for delays of links without a cited fact, and for reports.

/** Degrees, WGS 84. */
export interface Coordinates {
  latitude: number;
  longitude: number;
}

const EARTH_RADIUS_KM = 6371.0088; // mean radius, IUGG

/** Great-circle distance in kilometres (haversine). */
export function greatCircleKm(a: Coordinates, b: Coordinates): number {
  const radians = Math.PI / 180;
  const dLatitude = (b.latitude - a.latitude) * radians;
  const dLongitude = (b.longitude - a.longitude) * radians;
  const h =
    Math.sin(dLatitude / 2) ** 2 +
    Math.cos(a.latitude * radians) * Math.cos(b.latitude * radians) * Math.sin(dLongitude / 2) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)));
}
