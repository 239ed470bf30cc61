// The ruler: clicks, or Enter at the crosshair in the middle, make a line whose length is told.
(function (kg) {
  'use strict';

  const metres = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
  const KILOMETRES_FROM = 10000;

  const written = (m) => (m < KILOMETRES_FROM ? `${metres.format(m)} m` : `${(m / 1000).toFixed(2)} km`);

  class Ruler {
    constructor(map, set, status, texts) {
      Object.assign(this, { map, set, status, texts, points: [] });
      map.createPane('kg-ruler').style.zIndex = 460;
      // Lies over the shapes and takes their clicks, while the map can still be dragged.
      this.glass = kg.element('div', 'kg-glass');
      this.button = kg.toolButton('kg-ruler', texts.ruler, () => this.turn(!this.isOn()));
      kg.setPressed(this.button, false);
      map.getContainer().addEventListener('keydown', (event) => this.typed(event));
      map.on('click', (event) => this.isOn() && this.add(event.latlng));
    }

    isOn() {
      return this.glass.isConnected;
    }

    turn(isOn) {
      this.set.isPaused = isOn;
      kg.setPressed(this.button, isOn);
      this.points = [];
      this.draw();
      if (isOn) {
        this.map.closePopup();
        this.set.events.fire('left');
        this.map.getContainer().append(this.glass);
        this.map.getContainer().focus();
        this.map.doubleClickZoom.disable();
        this.status.say(this.texts.ruler_hint);
      } else {
        this.glass.remove();
        this.map.doubleClickZoom.enable();
        this.status.say();
      }
    }

    typed(event) {
      if (!this.isOn()) return;
      const isOnMap = event.target === this.map.getContainer();
      if (event.key === 'Escape') this.turn(false);
      else if (event.key === 'Enter' && isOnMap) this.add(this.map.getCenter());
      else if (event.key === 'Backspace' && isOnMap) this.take();
      else return;
      event.preventDefault();
      event.stopPropagation();
    }

    add(at) {
      const last = this.points[this.points.length - 1];
      if (last && last.equals(at)) return; // the second click of a double one
      this.points.push(at);
      this.draw();
      this.tell();
    }

    take() {
      this.points.pop();
      this.draw();
      this.tell();
    }

    lengths() {
      return this.points.slice(1).map((at, i) => kg.geodesicMetres(this.points[i], at));
    }

    tell() {
      const legs = this.lengths();
      const total = legs.reduce((sum, leg) => sum + leg, 0);
      const last = legs.length ? legs[legs.length - 1] : 0;
      const said = kg.fill(this.texts.ruler_total, { total: written(total), last: written(last) });
      this.status.say(said, this.texts.ruler_hint);
    }

    draw() {
      if (this.drawn) this.drawn.remove();
      if (!this.points.length) return;
      const renderer = this.renderer || L.svg({ pane: 'kg-ruler', padding: 0.5 });
      this.renderer = renderer;
      const style = { renderer, interactive: false, pane: 'kg-ruler' };
      const line = (color, weight) => L.polyline(this.points, { ...style, color, weight });
      const ends = this.points.map((at) => L.circleMarker(at, {
        ...style, radius: 4, color: '#000000', weight: 2, fillColor: '#ffffff', fillOpacity: 1,
      }));
      this.drawn = L.layerGroup([line('#ffffff', 6), line('#000000', 2.5), ...ends]).addTo(this.map);
    }
  }

  kg.ruler = function (map, set, status, texts) {
    kg.measure = new Ruler(map, set, status, texts);
    return kg.measure.button;
  };
})(window.kgspatial);
