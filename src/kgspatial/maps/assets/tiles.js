// The base map: tiles under the results, embedded or fetched. Those of GCJ-02 are drawn anew on
// tiles of WGS 84, so that the results stay where they are. The counterpart in Python is tiles.py.
(function (kg) {
  'use strict';

  const TILE = 256;
  const KEPT = 200; // decoded tiles; each is used by up to four tiles beside it
  // Nothing to see; Leaflet's own empty image counts as a tile that is never loaded.
  const EMPTY = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';

  // The published formula of GCJ-02: Krassowsky's ellipsoid, metres east and north to degrees.
  const MAJOR = 6378245.0;
  const ECCENTRICITY = 0.00669342162296594323;
  const CHINA = L.latLngBounds([[0.8293, 72.004], [55.8271, 137.8347]]);

  const wave = (amplitude, angle) => amplitude * Math.sin(angle * Math.PI);

  function metresEast(x, y) {
    const quick = wave(20, 6 * x) + wave(20, 2 * x);
    const slow = wave(20, x) + wave(40, x / 3) + wave(150, x / 12) + wave(300, x / 30);
    const root = Math.sqrt(Math.abs(x));
    return 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + (quick + slow) * 2 / 3;
  }

  function metresNorth(x, y) {
    const quick = wave(20, 6 * x) + wave(20, 2 * x);
    const slow = wave(20, y) + wave(40, y / 3) + wave(160, y / 12) + wave(320, y / 30);
    const root = Math.sqrt(Math.abs(x));
    return -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + (quick + slow) * 2 / 3;
  }

  // Where GCJ-02 has a place of WGS 84; the same place outside China.
  kg.toGcj = function (at) {
    if (!CHINA.contains(at)) return at;
    const [x, y] = [at.lng - 105, at.lat - 35];
    const lat = at.lat * Math.PI / 180;
    const curved = 1 - ECCENTRICITY * Math.sin(lat) ** 2;
    const north = MAJOR * (1 - ECCENTRICITY) / (curved * Math.sqrt(curved));
    const east = MAJOR / Math.sqrt(curved) * Math.cos(lat);
    return L.latLng(
      at.lat + metresNorth(x, y) / north * 180 / Math.PI,
      at.lng + metresEast(x, y) / east * 180 / Math.PI,
    );
  };

  // A function from zoom, column and row to an address; empty where there is no tile.
  function finder(base, address) {
    return function (z, column, y) {
      const count = 2 ** z;
      const x = ((column % count) + count) % count;
      if (y < 0 || y >= count) return '';
      if (base.tiles) return base.tiles[`${z}/${x}/${y}`] || '';
      const s = base.subdomains[(x + y) % Math.max(base.subdomains.length, 1)];
      return L.Util.template(address, { z, x, y, s });
    };
  }

  const PlainTiles = L.TileLayer.extend({
    initialize(find, options) {
      L.TileLayer.prototype.initialize.call(this, '', options);
      this._find = find;
    },

    getTileUrl(coords) {
      return this._find(coords.z, coords.x, coords.y) || EMPTY;
    },
  });

  // Each tile is drawn from those of GCJ-02 that its places fall on.
  const CorrectedTiles = L.GridLayer.extend({
    initialize(find, options) {
      L.Util.setOptions(this, options);
      this._find = find;
      this._images = new Map();
    },

    createTile(coords, done) {
      const canvas = document.createElement('canvas');
      const sharp = window.devicePixelRatio || 1;
      canvas.width = TILE * sharp;
      canvas.height = TILE * sharp;
      const moved = this._moved(coords);
      this._mosaic(coords.z, moved).then((mosaic) => {
        moved.draw(canvas.getContext('2d'), sharp, mosaic);
        done(null, canvas);
      });
      return canvas;
    },

    // GCJ-02 over a tile, in pixels of its zoom: where the centre goes, and how its sides turn.
    // The rest of the formula's bend is below a quarter of a pixel on any tile.
    _moved(coords) {
      const crs = this._map.options.crs;
      const centre = L.point(coords.x, coords.y).add([0.5, 0.5]).multiplyBy(TILE);
      const gcj = (point) => crs.latLngToPoint(kg.toGcj(crs.pointToLatLng(point, coords.z)), coords.z);
      const at = gcj(centre);
      const step = TILE / 2;
      const side = (dx, dy) => gcj(centre.add([dx, dy])).subtract(gcj(centre.subtract([dx, dy])));
      return new Moved(at, side(step, 0).divideBy(TILE), side(0, step).divideBy(TILE));
    },

    // The tiles of GCJ-02 that are needed, side by side: drawn one by one they would show seams.
    _mosaic(z, moved) {
      const { min, max } = moved.tiles();
      const canvas = document.createElement('canvas');
      canvas.width = (max.x - min.x + 1) * TILE;
      canvas.height = (max.y - min.y + 1) * TILE;
      const context = canvas.getContext('2d');
      const all = [];
      for (let x = min.x; x <= max.x; x += 1) {
        for (let y = min.y; y <= max.y; y += 1) {
          const paste = (image) => image
            && context.drawImage(image, (x - min.x) * TILE, (y - min.y) * TILE, TILE, TILE);
          all.push(this._image(z, x, y).then(paste));
        }
      }
      return Promise.all(all).then(() => ({ canvas, corner: min.multiplyBy(TILE) }));
    },

    _image(z, x, y) {
      const url = this._find(z, x, y);
      if (!url) return Promise.resolve(null);
      if (!this._images.has(url)) this._images.set(url, loaded(url));
      const image = this._images.get(url);
      if (this._images.size > KEPT) this._images.delete(this._images.keys().next().value);
      return image;
    },
  });

  function loaded(url) {
    return new Promise((resolve) => {
      const image = new Image();
      image.onload = () => resolve(image);
      image.onerror = () => resolve(null);
      image.src = url;
    });
  }

  // An affine map from a tile of WGS 84 to pixels of GCJ-02.
  class Moved {
    constructor(at, right, down) {
      Object.assign(this, { at, right, down });
    }

    tiles() {
      const half = TILE / 2;
      const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([i, j]) => this.at
        .add(this.right.multiplyBy(i * half)).add(this.down.multiplyBy(j * half)));
      const box = L.bounds(corners);
      return { min: box.min.divideBy(TILE).floor(), max: box.max.divideBy(TILE).floor() };
    }

    // The inverse as the canvas's transform: from pixels of GCJ-02 to those of the tile.
    draw(context, sharp, mosaic) {
      const { right, down } = this;
      const scale = sharp / (right.x * down.y - down.x * right.y);
      const middle = TILE * sharp / 2;
      context.setTransform(
        down.y * scale, -right.y * scale, -down.x * scale, right.x * scale, middle, middle,
      );
      context.drawImage(mosaic.canvas, mosaic.corner.x - this.at.x, mosaic.corner.y - this.at.y);
    }
  }

  // One layer for each address, the lowest first; the group is what the switch turns on and off.
  kg.baseLayer = function (base) {
    const Tiles = base.datum === 'GCJ-02' ? CorrectedTiles : PlainTiles;
    const options = {
      minNativeZoom: base.min_zoom, maxNativeZoom: base.max_zoom, maxZoom: 24, attribution: '',
    };
    const addresses = base.tiles ? [''] : base.addresses;
    return L.layerGroup(addresses.map((address) => new Tiles(finder(base, address), options)));
  };

  kg.addBase = function (map, base) {
    if (!base) return;
    kg.base = kg.baseLayer(base).addTo(map);
    baseSwitch(map, base.label).addTo(map);
  };

  function baseSwitch(map, text) {
    const label = kg.element('label', 'leaflet-bar kg-base');
    const input = kg.element('input');
    Object.assign(input, { type: 'checkbox', checked: true });
    input.addEventListener('change', () => {
      if (input.checked) map.addLayer(kg.base);
      else map.removeLayer(kg.base);
    });
    label.append(input, text);
    L.DomEvent.disableClickPropagation(label);
    const Switch = L.Control.extend({ onAdd: () => label });
    return new Switch({ position: 'bottomleft' });
  }
})(window.kgspatial);
