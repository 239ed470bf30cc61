// What stands around the map: heading, key figures, note, legend with its switches, north arrow.
(function (kg) {
  'use strict';

  const WIDE = 860; // pixels of width from which the legend is open and has room beside the area
  const LEGEND_WIDTH = 290; // with its margins; see map.css

  kg.isWide = (map) => map.getSize().x >= WIDE;

  // Room to leave free beside the area.
  kg.legendRoom = (map) => (kg.isWide(map) ? LEGEND_WIDTH : 0);

  kg.fillHeader = function (header, content) {
    header.append(kg.element('h1', '', content.title));
    const list = kg.element('dl', 'kg-figures');
    content.figures.forEach((figure) => {
      const pair = kg.element('div');
      const value = kg.element('dd', '', kg.written(figure.value, 'count', content.texts.missing));
      if (figure.after !== undefined) {
        const after = kg.written(figure.after, 'count', content.texts.missing);
        const later = kg.element('span', 'kg-after', ` → ${after}`);
        later.title = `${content.texts.before} → ${content.texts.after}`;
        value.append(later);
      }
      pair.append(kg.element('dt', '', figure.label), value);
      list.append(pair);
    });
    header.append(list);
  };

  // Options of a popup that comes to lie beside the buttons and the legend.
  kg.popupRoom = function (map) {
    return {
      minWidth: 180,
      maxWidth: Math.min(340, map.getSize().x - 110),
      autoPanPaddingTopLeft: [54, kg.isWide(map) ? 12 : 48],
      autoPanPaddingBottomRight: [kg.legendRoom(map) + 10, 10],
    };
  };

  // A control whose clicks and scrolling do not reach the map.
  function control(position, className, content) {
    const Control = L.Control.extend({
      onAdd() {
        const box = kg.element('div', `leaflet-control ${className}`);
        box.append(...content);
        L.DomEvent.disableClickPropagation(box).disableScrollPropagation(box);
        return box;
      },
    });
    return new Control({ position });
  }

  kg.northArrow = function (texts) {
    const arrow = kg.element('div', 'kg-arrow');
    arrow.setAttribute('aria-hidden', 'true');
    return control('topleft', 'kg-north', [kg.element('div', '', texts.north), arrow]);
  };

  kg.extentButton = function (map, texts) {
    const button = kg.element('button', 'kg-extent', '⤢');
    button.type = 'button';
    button.title = texts.extent_button;
    button.setAttribute('aria-label', texts.extent_button);
    button.addEventListener('click', () => kg.showExtent(map));
    return control('topleft', 'leaflet-bar', [button]);
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
      control('topright', 'kg-legend', [this.opener(map, body), body]).addTo(map);
      this.order.forEach((key) => {
        this.list.append(this.item(this.set.layers.find((layer) => layer.key === key)));
      });
      map.on('zoomend', () => this.refresh());
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
        input.addEventListener('change', () => {
          this.set.setAfter(isAfter);
          this.refresh();
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
        this.fill(item, layer);
      });
      const name = kg.element('span', 'kg-layer-name', layer.label);
      label.append(input, name);
      item.append(label);
      this.fill(item, layer);
      return item;
    }

    // The entries of a layer: those of one class that is called like the layer need no own line.
    fill(item, layer) {
      item.querySelectorAll('ul, .kg-swatch').forEach((old) => old.remove());
      const scale = this.set.scale(layer);
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
        const item = this.list.querySelector(`li[data-layer="${layer.key}"]`);
        this.fill(item, layer);
        const name = item.querySelector('.kg-layer-name');
        const isLater = this.set.isAfter && (layer.of_after || layer.shapes.url_after);
        name.textContent = isLater ? `${layer.label} · ${this.texts.after}` : layer.label;
      });
    }
  };
})(window.kgspatial);
