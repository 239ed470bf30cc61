// Metres between two places on the ellipsoid of WGS 84: Vincenty's inverse formula (Survey Review
// 23, 1975, equations 13 to 19). Leaflet's own distance is that of a sphere, up to 0.5 % off.
(function (kg) {
  'use strict';

  const MAJOR = 6378137;
  const FLATTENING = 1 / 298.257223563;
  const MINOR = MAJOR * (1 - FLATTENING);
  const MOST_ROUNDS = 200; // only places on opposite sides of the Earth need more
  const ENOUGH = 1e-13;

  const radians = (degrees) => degrees * Math.PI / 180;
  const reduced = (lat) => Math.atan((1 - FLATTENING) * Math.tan(radians(lat)));

  kg.geodesicMetres = function (a, b) {
    const [u1, u2] = [reduced(a.lat), reduced(b.lat)];
    const away = radians(b.lng - a.lng);
    let lambda = away;
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const arc = arcOf(u1, u2, lambda);
      if (arc.sine === 0) return 0;
      const next = away + correction(arc);
      if (Math.abs(next - lambda) < ENOUGH) return length(arcOf(u1, u2, next));
      lambda = next;
    }
    return NaN;
  };

  // Angle between the places on the auxiliary sphere, and the azimuth at the equator.
  function arcOf(u1, u2, lambda) {
    const east = Math.cos(u2) * Math.sin(lambda);
    const north = Math.cos(u1) * Math.sin(u2) - Math.sin(u1) * Math.cos(u2) * Math.cos(lambda);
    const sine = Math.hypot(east, north);
    const cosine = Math.sin(u1) * Math.sin(u2) + Math.cos(u1) * Math.cos(u2) * Math.cos(lambda);
    const sinAlpha = sine ? Math.cos(u1) * Math.cos(u2) * Math.sin(lambda) / sine : 0;
    const cos2Alpha = 1 - sinAlpha * sinAlpha;
    const middle = cos2Alpha ? cosine - 2 * Math.sin(u1) * Math.sin(u2) / cos2Alpha : 0;
    return { sine, cosine, angle: Math.atan2(sine, cosine), sinAlpha, cos2Alpha, middle };
  }

  function correction({ sine, cosine, angle, sinAlpha, cos2Alpha, middle }) {
    const c = FLATTENING / 16 * cos2Alpha * (4 + FLATTENING * (4 - 3 * cos2Alpha));
    const series = angle + c * sine * (middle + c * cosine * (2 * middle * middle - 1));
    return (1 - c) * FLATTENING * sinAlpha * series;
  }

  function length({ sine, cosine, angle, cos2Alpha, middle }) {
    const u = cos2Alpha * (MAJOR * MAJOR - MINOR * MINOR) / (MINOR * MINOR);
    const a = 1 + u / 16384 * (4096 + u * (u * (320 - 175 * u) - 768));
    const b = u / 1024 * (256 + u * (u * (74 - 47 * u) - 128));
    const square = middle * middle;
    const inner = cosine * (2 * square - 1)
      - b / 6 * middle * (4 * sine * sine - 3) * (4 * square - 3);
    return MINOR * a * (angle - b * sine * (middle + b / 4 * inner));
  }
})(window.kgspatial);
