// Point symbols and legend swatches: both drawn by the same function, so that they cannot differ.
(function (kg) {
  'use strict';

  // Corners of each shape for a radius of 1; a circle has none.
  const CORNERS = {
    square: [[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]],
    triangle: [[0, -1], [0.95, 0.8], [-0.95, 0.8]],
    diamond: [[0, -1], [1, 0], [0, 1], [-1, 0]],
    star: spikes(5, 0.48),
    pentagon: spikes(5, Math.cos(Math.PI / 5)),
    plus: plus(0.95, 0.36),
    cross: turned(plus(1, 0.3)),
  };

  function spikes(count, inner) {
    return Array.from({ length: 2 * count }, (_, i) => {
      const angle = (Math.PI * i) / count - Math.PI / 2;
      const radius = i % 2 ? inner : 1;
      return [radius * Math.cos(angle), radius * Math.sin(angle)];
    });
  }

  function plus(arm, half) {
    const quarter = [[half, -arm], [half, -half], [arm, -half]];
    return [0, 1, 2, 3].reduce((all, turns) => all.concat(quarter.map((p) => rotated(p, turns))), []);
  }

  function rotated(point, turns) {
    return turns ? rotated([-point[1], point[0]], turns - 1) : point;
  }

  function turned(points) {
    const s = Math.SQRT1_2;
    return points.map((p) => [s * (p[0] - p[1]), s * (p[0] + p[1])]);
  }

  kg.traceShape = function (context, shape, x, y, radius) {
    context.beginPath();
    if (!CORNERS[shape]) {
      context.arc(x, y, radius, 0, 2 * Math.PI);
    } else {
      CORNERS[shape].forEach((c) => context.lineTo(x + c[0] * radius, y + c[1] * radius));
    }
    context.closePath();
  };

  kg.writeMark = function (context, text, x, y, radius) {
    context.font = `bold ${Math.round(radius * 0.85)}px ${kg.FONTS}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.lineWidth = 3;
    context.strokeStyle = 'rgba(255, 255, 255, 0.9)';
    context.strokeText(text, x, y + radius * 0.06);
    context.fillStyle = '#000000';
    context.fillText(text, x, y + radius * 0.06);
  };

  // A Leaflet circle marker of another shape; it keeps the circle's bounds and hit test.
  kg.Symbol = L.CircleMarker.extend({
    _updatePath() {
      const renderer = this._renderer;
      if (!renderer._drawing || this._empty()) return;
      const context = renderer._ctx;
      const radius = Math.max(this._radius, 1);
      kg.traceShape(context, this.options.shape, this._point.x, this._point.y, radius);
      renderer._fillStroke(context, this);
      if (this.options.mark) {
        kg.writeMark(context, this.options.mark, this._point.x, this._point.y, radius);
      }
    },
  });

  // The canvas that stands before a legend entry.
  kg.swatch = function (style, scale) {
    const [width, height] = [30, 20];
    const sharp = kg.sharpness();
    const canvas = document.createElement('canvas');
    canvas.width = width * sharp;
    canvas.height = height * sharp;
    canvas.className = 'kg-swatch';
    canvas.setAttribute('aria-hidden', 'true');
    const context = canvas.getContext('2d');
    context.scale(sharp, sharp);
    context.setLineDash((style.dash || '').split(' ').filter(Boolean).map(Number));
    context.lineWidth = style.shape === 'area' ? Math.max(style.width, 0.6) : style.width;
    if (style.shape === 'line') {
      context.beginPath();
      context.moveTo(2, height / 2);
      context.lineTo(width - 2, height / 2);
    } else if (style.shape === 'area') {
      context.beginPath();
      context.rect(4, 3, width - 8, height - 6);
    } else {
      const radius = Math.min(style.radius * (scale || 1), height / 2 - 1);
      kg.traceShape(context, style.shape, width / 2, height / 2, radius);
    }
    if (style.fill) {
      context.fillStyle = style.fill;
      context.fill();
    }
    if (style.line) {
      context.strokeStyle = style.line;
      context.stroke();
    }
    return canvas;
  };
})(window.kgspatial);
