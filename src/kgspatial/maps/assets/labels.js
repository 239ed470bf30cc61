// Names on the map: written on a canvas of their own, where there is room, important ones first.
(function (kg) {
  'use strict';

  kg.FONTS = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", '
    + '"WenQuanYi Micro Hei", system-ui, sans-serif';

  const GAP = 2;

  // Pixels of a canvas per pixel of the page: paper takes more than a screen.
  kg.sharpness = () => Math.max(window.devicePixelRatio || 1, kg.isPrinting ? 2 : 1);

  kg.LabelLayer = L.Layer.extend({
    initialize(groups) {
      this._groups = groups; // called for the groups to write now: [{points, texts, ...}]
    },

    onAdd(map) {
      const pane = map.getPane('kg-labels') || map.createPane('kg-labels');
      pane.style.zIndex = 450;
      pane.style.pointerEvents = 'none';
      this._canvas = L.DomUtil.create('canvas', 'leaflet-zoom-hide', pane);
      this._canvas.setAttribute('aria-hidden', 'true');
      this.redraw();
    },

    onRemove() {
      this._canvas.remove();
    },

    getEvents() {
      return { moveend: this.redraw, resize: this.redraw };
    },

    redraw() {
      const map = this._map;
      const size = map.getSize();
      const sharp = kg.sharpness();
      const canvas = this._canvas;
      canvas.width = size.x * sharp;
      canvas.height = size.y * sharp;
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
      L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
      const context = canvas.getContext('2d');
      context.scale(sharp, sharp);
      const groups = this._groups().filter((group) => map.getZoom() >= group.zoom);
      const taken = groups.filter((group) => group.numbered).flatMap((group) => this._signs(group));
      groups.forEach((group) => this._write(context, group, taken));
    },

    // Where signs with numbers stand: no name is written across another's number.
    _signs(group) {
      const half = group.below - group.size / 2 - 2 * GAP;
      return group.points.map((point) => {
        const at = this._map.latLngToContainerPoint(point);
        return [at.x - half, at.y - half, at.x + half, at.y + half];
      });
    },

    _write(context, group, taken) {
      const map = this._map;
      const seen = map.getBounds();
      context.font = `${group.bold ? 'bold ' : ''}${group.size}px ${kg.FONTS}`;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.lineJoin = 'round';
      context.lineWidth = 3.5;
      context.strokeStyle = 'rgba(255, 255, 255, 0.92)';
      context.fillStyle = group.colour;
      group.points.forEach((point, i) => {
        if (!seen.contains(point)) return;
        const at = map.latLngToContainerPoint(point).add([0, group.below]);
        const half = context.measureText(group.texts[i]).width / 2 + GAP;
        const box = [at.x - half, at.y - group.size / 2 - GAP, at.x + half, at.y + group.size / 2 + GAP];
        if (taken.some((b) => b[0] < box[2] && box[0] < b[2] && b[1] < box[3] && box[1] < b[3])) return;
        taken.push(box);
        context.strokeText(group.texts[i], at.x, at.y);
        context.fillText(group.texts[i], at.x, at.y);
      });
    },
  });
})(window.kgspatial);
