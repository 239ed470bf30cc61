// Reads the map's content: raw deflate in base64 to JSON, and packed geometry to Leaflet's points.
// The counterpart in Python is packing.py.
window.kgspatial = window.kgspatial || {};
(function (kg) {
  'use strict';

  // Rejects in browsers that do not know raw deflate.
  kg.readPayload = async function (element) {
    const bytes = Uint8Array.from(atob(element.textContent), (c) => c.charCodeAt(0));
    const inflate = new DecompressionStream('deflate-raw');
    return new Response(new Blob([bytes]).stream().pipeThrough(inflate)).json();
  };

  // A function that returns the next n points of packed x and y.
  function pointReader(packed) {
    let i = 0;
    let x = 0;
    let y = 0;
    return function (n) {
      const points = new Array(n);
      for (let k = 0; k < n; k += 1, i += 1) {
        x += packed.x[i];
        y += packed.y[i];
        points[k] = new L.LatLng(y / packed.scale, x / packed.scale);
      }
      return points;
    };
  }

  function taker(list) {
    let i = 0;
    return (n) => list.slice(i, (i += n));
  }

  // Rows of polygons of rings of points.
  kg.areasOf = function (packed) {
    const points = pointReader(packed);
    const sizes = taker(packed.points);
    const rings = taker(packed.rings);
    return packed.polygons.map((n) => rings(n).map((m) => sizes(m).map(points)));
  };

  // Rows of lines of points.
  kg.linesOf = function (packed) {
    const points = pointReader(packed);
    const sizes = taker(packed.points);
    return packed.parts.map((n) => sizes(n).map(points));
  };

  kg.pointsOf = (packed) => pointReader(packed)(packed.x.length);
})(window.kgspatial);
