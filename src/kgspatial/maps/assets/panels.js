// What stands around the map: heading, key figures, note, legend with its switches, north arrow.
(function (kg) {
  'use strict';

  const WIDE = 860; // pixels of width from which the legend is open and has room beside the area
  const STATUS_HEIGHT = 66; // of the words over the lower edge, with their distance from it
  const POPUP_FRAME = 60; // of a popup around its content
  const LEGEND_WIDTH = 290; // with its margins; see map.css
  const WIDER_LEGEND = 422; // of two columns in the print view; see tools.css

  kg.isWide = (map) => map.getSize().x >= WIDE;

  // Room to leave free beside the area.
  kg.legendRoom = function (map) {
    if (document.documentElement.dataset.kgLegend === 'wide') return WIDER_LEGEND;
    return kg.isWide(map) ? LEGEND_WIDTH : 0;
  };

  kg.fillHeader = function (header, content) {
    header.append(kg.element('h1', '', content.title));
    const list = kg.element('dl', 'kg-figures');
    list.id = 'kg-figures';
    header.append(list);
    kg.fillFigures(content, content.year);
  };

  // The totals of a year; of the one year there is where it is undefined.
  kg.fillFigures = function (content, year) {
    const list = document.getElementById('kg-figures');
    list.replaceChildren(...content.figures.map((figure) => pair(figure)));

    function pair(figure) {
      const [now, then] = year === undefined ? [figure.value, figure.after] : figure.years[year];
      const values = then === undefined ? [now] : [now, then];
      const [before, after] = values.map((v) => kg.written(v, 'count', content.texts.missing));
      const both = kg.element('div');
      const value = kg.element('dd', '', before);
      if (after !== undefined) {
        const later = kg.element('span', 'kg-after', ` → ${after}`);
        later.title = `${content.texts.before} → ${content.texts.after}`;
        value.append(later);
      }
      both.append(kg.element('dt', '', figure.label), value);
      return both;
    }
  };

  // Options of a popup that comes to lie beside the buttons and the legend.
  kg.popupRoom = function (map) {
    return {
      minWidth: 180,
      maxWidth: Math.min(380, map.getSize().x - 110),
      autoPanPaddingTopLeft: [54, kg.isWide(map) ? 12 : 48],
      autoPanPaddingBottomRight: [kg.legendRoom(map) + 10, STATUS_HEIGHT],
    };
  };

  // A popup's content scrolls where the map is too low for all of it.
  kg.popupHeight = (map) => Math.max(map.getSize().y - STATUS_HEIGHT - POPUP_FRAME, 110);

  // A control whose clicks and scrolling do not reach the map.
  kg.control = function (position, className, content) {
    const Control = L.Control.extend({
      onAdd() {
        const box = kg.element('div', `leaflet-control ${className}`);
        box.append(...content);
        L.DomEvent.disableClickPropagation(box).disableScrollPropagation(box);
        return box;
      },
    });
    return new Control({ position });
  };

  kg.northArrow = function (texts) {
    const arrow = kg.element('div', 'kg-arrow');
    arrow.setAttribute('aria-hidden', 'true');
    return kg.control('topleft', 'kg-north', [kg.element('div', '', texts.north), arrow]);
  };

  kg.extentButton = function (map, texts) {
    const button = kg.element('button', 'kg-extent', '⤢');
    button.type = 'button';
    button.title = texts.extent_button;
    button.setAttribute('aria-label', texts.extent_button);
    button.addEventListener('click', () => kg.showExtent(map));
    return kg.control('topleft', 'leaflet-bar', [button]);
  };

  kg.Legend = class {
    constructor(set, content) {
      this.set = set;
      this.texts = content.texts;
      this.order = content.legend;
      this.hasAfter = content.has_after;
    }

    addTo(map) {
      const body = kg.element('div', 'kg-legend-body');
      body.id = 'kg-legend-body';
      if (this.hasAfter) body.append(this.states());
      this.list = kg.element('ul', 'kg-layers');
      body.append(this.list);
      kg.control('topright', 'kg-legend', [this.opener(map, body), body]).addTo(map);
      this.order.forEach((key) => {
        this.list.append(this.item(this.set.layers.find((layer) => layer.key === key)));
      });
      map.on('zoomend', () => this.refresh());
      this.set.events.on('state', () => this.refresh());
      this.set.events.on('toggled', ({ layer }) => this.check(layer));
      map.on('resize', () => this.fit(map));
      this.fit(map);
    }

    // The legend ends above the map's lower edge, whatever else stands over it.
    fit(map) {
      const body = this.list.parentNode;
      const room = map.getContainer().getBoundingClientRect().bottom - body.getBoundingClientRect().top;
      body.style.maxHeight = `${Math.max(room - 24, 80)}px`;
    }

    opener(map, body) {
      const button = kg.element('button', 'kg-legend-opener', this.texts.legend);
      button.type = 'button';
      button.setAttribute('aria-controls', body.id);
      const set = (isOpen) => {
        button.setAttribute('aria-expanded', String(isOpen));
        body.hidden = !isOpen;
      };
      button.addEventListener('click', () => {
        set(body.hidden);
        this.fit(map);
      });
      set(kg.isWide(map));
      return button;
    }

    states() {
      const choice = kg.element('fieldset', 'kg-states');
      choice.append(kg.element('legend', '', this.texts.state));
      [false, true].forEach((isAfter) => {
        const label = kg.element('label');
        const input = kg.element('input');
        Object.assign(input, { type: 'radio', name: 'kg-state', value: isAfter ? 'after' : 'before' });
        input.checked = isAfter === this.set.isAfter;
        input.disabled = isAfter && !this.set.canBeAfter();
        input.addEventListener('change', () => {
          this.set.setAfter(isAfter);
        });
        label.append(input, isAfter ? this.texts.after : this.texts.before);
        choice.append(label);
      });
      return choice;
    }

    item(layer) {
      const item = kg.element('li');
      item.dataset.layer = layer.key;
      const label = kg.element('label');
      const input = kg.element('input');
      input.type = 'checkbox';
      input.checked = layer.shown;
      input.addEventListener('change', () => {
        this.set.toggle(layer, input.checked);
      });
      const name = kg.element('span', 'kg-layer-name', layer.label);
      label.append(input, name);
      item.append(label);
      this.fill(item, layer);
      return item;
    }

    check(layer) {
      const item = this.row(layer);
      item.querySelector('input').checked = this.set.isShown(layer);
      this.fill(item, layer);
    }

    row(layer) {
      return this.list.querySelector(`li[data-layer="${layer.key}"]`);
    }

    // The entries of a layer: those of one class that is called like the layer need no own line.
    fill(item, layer) {
      item.querySelectorAll('ul, .kg-swatch').forEach((old) => old.remove());
      const scale = this.set.scale(layer);
      item.classList.toggle('kg-off', !this.set.isShown(layer));
      const label = item.querySelector('label');
      if (layer.styles.length === 1 && layer.styles[0].label === layer.label) {
        label.insertBefore(kg.swatch(layer.styles[0], scale), label.lastChild);
        return;
      }
      if (!this.set.isShown(layer)) return;
      item.append(this.entries(layer.styles, scale));
      if (layer.sizes) item.append(this.entries(layer.sizes, scale, layer.sizes_label));
    }

    entries(styles, scale, heading) {
      const list = kg.element('ul', 'kg-entries');
      if (heading) list.append(kg.element('li', 'kg-heading', heading));
      styles.filter((style) => style.label).forEach((style) => {
        const entry = kg.element('li');
        entry.append(kg.swatch(style, scale), kg.element('span', '', style.label));
        list.append(entry);
      });
      return list;
    }

    refresh() {
      this.set.layers.forEach((layer) => {
        const item = this.row(layer);
        this.fill(item, layer);
        item.querySelector('.kg-layer-name').textContent = this.name(layer);
      });
      document.querySelectorAll('input[name=kg-state]').forEach((input) => {
        const isAfter = input.value === 'after';
        input.checked = isAfter === this.set.isAfter;
        input.disabled = isAfter && !this.set.canBeAfter();
      });
    }

    // A layer of another year or state than the map opened with says which.
    name(layer) {
      const isOfOneYear = layer.form === 'image' || layer.key === 'points';
      const hasStates = isOfOneYear || layer.of_years || layer.of_after;
      if (!hasStates) return layer.label;
      const parts = [layer.label];
      const { years, year, baseYear } = this.set;
      if (year !== baseYear) parts.push(years[layer.of_years ? year : baseYear]);
      const hasAfter = layer.of_years_after || layer.of_after || layer.shapes.url_after;
      if (this.set.isAfter && hasAfter) parts.push(this.texts.after);
      return parts.join(' · ');
    }
  };
})(window.kgspatial);
