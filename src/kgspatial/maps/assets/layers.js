// From the payload's layers to Leaflet's: built when first shown, drawn in the payload's order.
(function (kg) {
  'use strict';

  const CROWDED_SCALE = 0.6; // of the symbols in the overview when there are many
  const VISIT_ZOOM = 15.5; // at least, when a place is gone to by its name
  const CROWDED_ZOOMS = 1.5; // the overview ends so many zoom levels above the whole extent

  kg.LayerSet = class {
    constructor(map, content, renderer) {
      this.map = map;
      this.texts = content.texts;
      this.renderer = renderer;
      this.layers = content.layers;
      this.isAfter = false;
      this.years = content.years || [];
      this.year = this.baseYear = content.year; // a position in the years, or undefined
      this.yearsAfter = content.years_after || [];
      this.hasAfter = content.has_after;
      this.isPaused = false; // while another tool takes the clicks
      this.events = new L.Evented(); // picked: {layer, row}; left; state
      this.built = new Map();
      this.foreign = [];
      map.eachLayer((layer) => layer instanceof L.Path && this.foreign.push(layer));
      this.labels = new kg.LabelLayer(() => this.labelGroups());
      map.on('zoomend', () => this.rescale());
      map.on('click', (event) => this.openGround(event));
    }

    addShown() {
      this.layers.filter((layer) => layer.shown).forEach((layer) => this.show(layer, true));
      this.stack();
      this.labels.addTo(this.map);
    }

    isShown(layer) {
      return this.built.has(layer.key) && this.map.hasLayer(this.built.get(layer.key));
    }

    toggle(layer, on) {
      this.show(layer, on);
      this.stack();
      this.labels.redraw();
      this.events.fire('toggled', { layer });
    }

    show(layer, on) {
      if (!on) {
        if (this.isShown(layer)) this.map.removeLayer(this.built.get(layer.key));
        return;
      }
      if (!this.built.has(layer.key)) this.built.set(layer.key, this.build(layer));
      this.map.addLayer(this.built.get(layer.key));
      this.rescale();
    }

    // One canvas holds all shapes, so that clicks reach them all; it draws in the order of adding.
    stack() {
      this.layers.forEach((layer) => {
        if (layer.form !== 'image' && this.isShown(layer)) this.built.get(layer.key).bringToFront();
      });
      this.foreign.filter((path) => this.map.hasLayer(path)).forEach((path) => path.bringToFront());
    }

    build(layer) {
      if (layer.form === 'image') return this.image(layer);
      const makers = { areas: this.areas, lines: this.lines, points: this.points };
      const group = L.featureGroup(makers[layer.form].call(this, layer));
      if (layer.titles) group.on('click', (event) => this.clicked(layer, event));
      return group;
    }

    areas(layer) {
      return kg.areasOf(this.shapes(layer)).map((rings, row) => L.polygon(rings, this.options(layer, row)));
    }

    // A layer may have the shapes of another.
    shapes(layer) {
      const { same_as: other } = layer.shapes;
      return other ? this.find(other).shapes : layer.shapes;
    }

    find(key) {
      return this.layers.find((layer) => layer.key === key);
    }

    lines(layer) {
      return kg.linesOf(layer.shapes).map((lines, row) => L.polyline(lines, this.options(layer, row)));
    }

    points(layer) {
      return kg.pointsOf(layer.shapes).map((at, row) => new kg.Symbol(at, this.options(layer, row)));
    }

    image(layer) {
      return L.imageOverlay(this.imageUrl(layer), layer.shapes.bounds, {
        pane: 'kg-images', className: 'kg-grid', zIndex: this.layers.indexOf(layer) + 1,
      });
    }

    imageUrl(layer) {
      return (this.isAfter && layer.shapes.url_after) || layer.shapes.url;
    }

    options(layer, row) {
      const style = this.style(layer, row);
      return {
        renderer: this.renderer,
        row,
        interactive: Boolean(layer.titles) && !layer.ground,
        smoothFactor: 1,
        color: style.line,
        stroke: Boolean(style.line),
        weight: style.width,
        dashArray: style.dash || null,
        fill: layer.form !== 'lines' && Boolean(style.fill),
        fillColor: style.fill,
        fillOpacity: 1,
        shape: style.shape,
        radius: this.radius(layer, row),
        mark: layer.marks ? layer.marks[row] : '',
      };
    }

    style(layer, row) {
      return layer.styles[this.classes(layer)[row]];
    }

    classes(layer) {
      if (!layer.of_years) return (this.isAfter && layer.of_after) || layer.of;
      const after = layer.of_years_after && layer.of_years_after[this.year];
      return (this.isAfter && after) || layer.of_years[this.year];
    }

    // Whether the year that is shown has a state after the plan.
    canBeAfter() {
      return this.years.length ? this.yearsAfter[this.year] : this.hasAfter;
    }

    // What is shown, as its place among the states that the payload carries.
    state() {
      return [this.year || 0, this.isAfter && this.canBeAfter() ? 1 : 0];
    }

    radius(layer, row) {
      const own = layer.radii ? layer.radii[row] : this.style(layer, row).radius;
      return own * this.scale(layer);
    }

    scale(layer) {
      const overview = this.map.getZoom() < this.map.kgExtentZoom + CROWDED_ZOOMS;
      return layer.crowded && overview ? CROWDED_SCALE : 1;
    }

    rescale() {
      this.layers.filter((layer) => layer.crowded && this.built.has(layer.key)).forEach((layer) => {
        this.built.get(layer.key).eachLayer((symbol) => {
          const radius = this.radius(layer, symbol.options.row);
          if (radius !== symbol.getRadius()) symbol.setRadius(radius);
        });
      });
    }

    clicked(layer, event) {
      if (this.isPaused) return;
      L.DomEvent.stopPropagation(event);
      this.open(layer, event.propagatedFrom.options.row, event.latlng);
    }

    // Units lie over the communities as lines; a click that nothing else took belongs to them.
    openGround(event) {
      if (this.isPaused) return;
      this.events.fire('left');
      this.layers.filter((layer) => layer.ground && this.isShown(layer)).forEach((layer) => {
        const areas = this.built.get(layer.key).getLayers();
        const hit = areas.find((area) => area._containsPoint(event.layerPoint));
        if (hit) this.open(layer, hit.options.row, event.latlng);
      });
    }

    open(layer, row, at) {
      const popup = L.popup(kg.popupRoom(this.map));
      const content = kg.popupContent(layer, row, this.texts, this);
      content.style.maxHeight = `min(46vh, ${kg.popupHeight(this.map)}px)`;
      popup.setLatLng(at).setContent(content);
      popup.openOn(this.map);
      this.events.fire('picked', { layer, row });
    }

    // Goes to a row and opens its popup, from wherever it was named.
    visit(layer, row) {
      this.toggle(layer, true);
      const shape = this.built.get(layer.key).getLayers()[row];
      const near = Math.max(this.map.getZoom(), VISIT_ZOOM);
      if (shape.getBounds) {
        const room = { paddingBottomRight: [kg.legendRoom(this.map), 0] };
        this.map.fitBounds(shape.getBounds(), { ...room, maxZoom: near, animate: false });
        this.open(layer, row, shape.getCenter());
      } else {
        this.map.setView(shape.getLatLng(), near, { animate: false });
        this.open(layer, row, shape.getLatLng());
      }
    }

    setAfter(isAfter) {
      this.setState({ isAfter, year: this.year });
    }

    setState({ isAfter, year }) {
      this.year = year;
      this.isAfter = isAfter && Boolean(this.canBeAfter());
      this.layers.filter((layer) => this.built.has(layer.key)).forEach((layer) => {
        const built = this.built.get(layer.key);
        if (layer.form === 'image') built.setUrl(this.imageUrl(layer));
        else if (layer.of_after || layer.of_years) built.eachLayer((path) => this.recolour(layer, path));
      });
      this.events.fire('state');
    }

    recolour(layer, path) {
      const style = this.style(layer, path.options.row);
      if (style.fill !== path.options.fillColor) path.setStyle({ fillColor: style.fill, color: style.line });
    }

    // Labels of the layers that are on: bold ones first, then those of the topmost layer.
    labelGroups() {
      const groups = this.layers
        .filter((layer) => layer.labels && this.isShown(layer))
        .reverse()
        .map((layer) => this.labelGroup(layer));
      return [...groups.filter((g) => g.bold), ...groups.filter((g) => !g.bold)];
    }

    labelGroup(layer) {
      if (!layer.labels.points) layer.labels.points = kg.pointsOf(layer.labels.at);
      const below = layer.form === 'points' ? 12 + (layer.marks ? 8 : 0) : 0;
      return Object.assign({ below, numbered: Boolean(layer.marks) }, layer.labels);
    }

    // What is drawn now, by layer: for tests and for whoever looks into the page.
    counts() {
      const shown = this.layers.filter((layer) => this.isShown(layer));
      return Object.fromEntries(shown.map((layer) => {
        const built = this.built.get(layer.key);
        return [layer.key, built.getLayers ? built.getLayers().length : 1];
      }));
    }
  };
})(window.kgspatial);
