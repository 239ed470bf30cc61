// The print view: the page laid out as a sheet of paper, with its legend whole, before it is printed.
(function (kg) {
  'use strict';

  const PAPERS = ['A4', 'A3'];
  const MARGIN_MM = 10;
  const MM_PER_PIXEL = 25.4 / 96; // as CSS defines both
  const SCALE_DIGITS = 3;
  const LEGENDS = ['normal', 'tight', 'wide'];
  const LEGEND_MARGIN = 24;

  class PrintView {
    constructor(map, content) {
      Object.assign(this, { map, texts: content.texts, paper: PAPERS[0], isOpen: false });
      this.button = kg.toolButton('kg-print', this.texts.print, () => this.enter());
      this.sheet = document.head.appendChild(kg.element('style'));
      this.scale = kg.element('span', 'kg-print-scale');
      document.getElementById('kg-note').append(this.scale);
      this.bar = this.makeBar();
      map.on('zoomend moveend', () => this.isOpen && this.tellScale());
      // For who prints from the browser's own menu.
      window.addEventListener('beforeprint', () => {
        this.isOwn = !this.isOpen;
        if (this.isOwn) this.enter();
      });
      window.addEventListener('afterprint', () => this.isOwn && this.leave());
    }

    makeBar() {
      const bar = kg.element('div', 'kg-print-bar');
      bar.setAttribute('role', 'group');
      bar.setAttribute('aria-label', this.texts.print_view);
      const label = kg.element('label', '', this.texts.print_paper);
      this.select = kg.element('select');
      this.select.append(...PAPERS.map((paper) => kg.element('option', '', paper)));
      this.select.addEventListener('change', () => {
        this.paper = this.select.value;
        this.lay(this.seen());
      });
      label.append(this.select);
      bar.append(
        label,
        kg.toolButton('kg-print-now', this.texts.print, () => window.print()),
        kg.toolButton('kg-print-back', this.texts.print_back, () => this.leave()),
      );
      bar.addEventListener('keydown', (event) => event.key === 'Escape' && this.leave());
      return bar;
    }

    enter() {
      const seen = this.seen();
      this.left = { at: this.map.getCenter(), zoom: this.map.getZoom() };
      this.isOpen = true;
      this.map.closePopup();
      this.legend = document.getElementById('kg-legend-body');
      this.wasHidden = this.legend.hidden;
      this.legend.hidden = false;
      document.body.prepend(this.bar);
      this.sharpen(true);
      this.lay(seen);
      this.select.focus();
    }

    leave() {
      this.isOpen = false;
      this.legend.hidden = this.wasHidden;
      this.bar.remove();
      this.sheet.textContent = '';
      this.sharpen(false);
      delete document.documentElement.dataset.kgPrint;
      delete document.documentElement.dataset.kgLegend;
      this.map.invalidateSize({ animate: false, pan: false });
      this.map.setView(this.left.at, this.left.zoom, { animate: false });
      kg.legend.refresh();
      this.button.focus();
    }

    // Canvases are drawn finer for paper; Leaflet asks its own mark for that.
    sharpen(isPrinting) {
      kg.isPrinting = isPrinting;
      L.Browser.retina = kg.sharpness() > 1;
    }

    // What is seen beside the legend: it is what the sheet shows.
    seen() {
      const size = this.map.getSize();
      const end = L.point(Math.max(size.x - kg.legendRoom(this.map), 1), size.y);
      const corner = (point) => this.map.containerPointToLatLng(point);
      return L.latLngBounds(corner([0, 0]), corner(end));
    }

    lay(seen) {
      const root = document.documentElement;
      root.dataset.kgPrint = this.paper;
      this.sheet.textContent = `@page { size: ${this.paper} landscape; margin: ${MARGIN_MM}mm; }`;
      // The legend is whole on paper: set tighter, or in two columns, if it must.
      LEGENDS.some((way) => {
        root.dataset.kgLegend = way;
        this.map.invalidateSize({ animate: false, pan: false });
        return this.legend.offsetTop + this.legend.scrollHeight < this.map.getSize().y - LEGEND_MARGIN;
      });
      this.show(seen);
      this.tellScale();
    }

    show(seen) {
      this.map.invalidateSize({ animate: false, pan: false });
      const room = { paddingBottomRight: [kg.legendRoom(this.map), 0], animate: false };
      this.map.fitBounds(seen, room);
      kg.legend.refresh();
    }

    tellScale() {
      const middle = this.map.getSize().divideBy(2);
      const [a, b] = [-50, 50].map((x) => this.map.containerPointToLatLng(middle.add([x, 0])));
      const scale = kg.geodesicMetres(a, b) * 1000 / (100 * MM_PER_PIXEL);
      const round = Number(scale.toPrecision(SCALE_DIGITS)).toLocaleString('en-US');
      this.scale.textContent = kg.fill(this.texts.print_scale, { scale: round, paper: this.paper });
    }
  }

  kg.printButton = function (map, content) {
    kg.printView = new PrintView(map, content);
    return kg.printView.button;
  };
})(window.kgspatial);
