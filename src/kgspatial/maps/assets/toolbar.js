// The row of tools between the heading and the map, and what the tools share.
(function (kg) {
  'use strict';

  // A phrase with its {placeholders} filled; what is filled in is never read as a phrase again.
  kg.fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, key) => (
    key in values ? String(values[key]) : whole
  ));

  kg.toolButton = function (className, name, act) {
    const button = kg.element('button', `kg-tool ${className}`, name);
    button.type = 'button';
    button.addEventListener('click', act);
    return button;
  };

  kg.setPressed = function (button, isPressed) {
    button.setAttribute('aria-pressed', String(isPressed));
  };

  // Words over the lower edge of the map, read out when they change.
  kg.StatusLine = class {
    constructor(map) {
      this.box = kg.element('div', 'kg-status');
      this.box.setAttribute('role', 'status');
      map.getContainer().append(this.box);
      L.DomEvent.disableClickPropagation(this.box);
    }

    say(...texts) {
      this.box.replaceChildren(...texts.filter(Boolean).map((text) => kg.element('p', '', text)));
    }
  };

  kg.addToolbar = function (map, set, content) {
    const { texts } = content;
    const bar = kg.element('div', 'kg-toolbar');
    bar.setAttribute('role', 'group');
    bar.setAttribute('aria-label', texts.tools);
    document.getElementById('kg-header').after(bar);
    const status = new kg.StatusLine(map);
    const tools = [
      kg.searchBox(set, content),
      kg.yearSlider(map, set, content),
      kg.siteTable(map, set, content),
      kg.ruler(map, set, status, texts),
      kg.fullScreenButton(texts),
      kg.printButton(map, content),
    ];
    bar.append(...tools.filter(Boolean));
    kg.flows = content.flows && new kg.Flows(map, set, content, status);
    kg.showCoordinates(map, texts);
    map.invalidateSize({ animate: false });
  };
})(window.kgspatial);
