// Who goes where: lines from a kindergarten to where its children live, or from a community to
// where its children go, in the state that is shown. The counterpart in Python is flows.py.
(function (kg) {
  'use strict';

  const COLOUR = '#5e3c99';
  const OTHER = { origins: 'places', places: 'origins' };
  const PIXELS_PER_ROOT_CHILD = 0.9;

  const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
  const tenth = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
  const children = (n) => (n < 10 ? tenth : whole).format(n);

  function unpacked(pairs) {
    let at = 0;
    return { origins: pairs.from.map((step) => (at += step)), places: pairs.to, tenths: pairs.tenths };
  }

  kg.Flows = class {
    constructor(map, set, content, status) {
      Object.assign(this, { map, set, status, texts: content.texts, packed: content.flows });
      this.points = {
        origins: kg.pointsOf(this.packed.origins),
        places: kg.pointsOf(this.packed.places),
      };
      this.known = new Map(); // states that were unpacked
      map.createPane('kg-flows').style.zIndex = 440;
      this.renderer = L.svg({ pane: 'kg-flows', padding: 0.5 });
      set.events.on('picked', ({ layer, row }) => this.pick(layer, row));
      set.events.on('left', () => this.clear());
      set.events.on('state', () => this.picked && this.draw());
      document.addEventListener('keydown', (event) => {
        if (event.key === 'Escape' && this.picked) this.clear();
      });
    }

    pick(layer, row) {
      this.clear();
      const own = this.packed.nodes[layer.key];
      if (!own) return;
      this.picked = { layer, row, own };
      this.draw();
    }

    clear() {
      if (this.drawn) this.drawn.remove();
      if (this.picked) this.status.say();
      this.picked = this.drawn = null;
    }

    pairs() {
      const [year, after] = this.set.state();
      const key = `${year} ${after}`;
      const packed = this.packed.states[year][after] || this.packed.states[year][0];
      if (!this.known.has(key)) this.known.set(key, unpacked(packed));
      return this.known.get(key);
    }

    // The far ends of the picked row's lines, the most children first.
    ends() {
      const { own, row } = this.picked;
      const far = OTHER[own.side];
      const pairs = this.pairs();
      const found = [];
      pairs[own.side].forEach((node, i) => {
        if (node !== own.rows[row]) return;
        found.push({ at: this.points[far][pairs[far][i]], children: pairs.tenths[i] / 10 });
      });
      return found.sort((a, b) => b.children - a.children);
    }

    draw() {
      if (this.drawn) this.drawn.remove();
      const { own, row } = this.picked;
      const node = own.rows[row];
      const ends = node < 0 ? [] : this.ends();
      const shapes = [...this.outline(), ...(ends.length ? this.lines(this.points[own.side][node], ends) : [])];
      this.drawn = L.layerGroup(shapes).addTo(this.map);
      this.tell(ends);
    }

    lines(from, ends) {
      const base = { renderer: this.renderer, interactive: false };
      const weight = (end) => Math.min(1.2 + PIXELS_PER_ROOT_CHILD * Math.sqrt(end.children), 9);
      const line = (end, style) => L.polyline([from, end.at], { ...base, ...style });
      return [
        ...ends.map((end) => line(end, { color: '#ffffff', opacity: 0.8, weight: weight(end) + 2 })),
        ...ends.map((end) => line(end, { color: COLOUR, opacity: 0.85, weight: weight(end), className: 'kg-flow' })),
        ...ends.map((end) => L.circleMarker(end.at, {
          ...base, radius: 4, color: '#ffffff', weight: 1.5, fillColor: COLOUR, fillOpacity: 1,
        })),
      ];
    }

    outline() {
      const { own, row } = this.picked;
      const at = own.outlines ? own.outlines.rows[row] : -1;
      if (at < 0) return [];
      const layer = this.set.find(own.outlines.layer);
      if (!layer.lines) layer.lines = kg.linesOf(layer.shapes);
      const base = { renderer: this.renderer, interactive: false };
      return [
        L.polyline(layer.lines[at], { ...base, color: '#ffffff', weight: 5, opacity: 0.8 }),
        L.polyline(layer.lines[at], { ...base, color: COLOUR, weight: 2.5, className: 'kg-outline' }),
      ];
    }

    tell(ends) {
      const { layer, row, own } = this.picked;
      const sum = ends.reduce((all, end) => all + end.children, 0);
      const phrase = own.side === 'places' ? this.texts.flow_from : this.texts.flow_to;
      const values = { name: layer.titles[row], children: children(sum), count: ends.length };
      this.status.say(kg.fill(ends.length ? phrase : this.texts.flow_none, values), this.texts.flow_hint);
    }
  };
})(window.kgspatial);
