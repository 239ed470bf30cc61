// Starts the map: Leaflet at once, so that children added in Python find it, the content when read.
(function (kg) {
  'use strict';

  const MAX_ZOOM = 19;

  kg.createMap = function (id, head) {
    const renderer = L.canvas({ padding: 0.25, tolerance: 2 });
    const map = L.map(id, {
      renderer, zoomControl: false, attributionControl: false, zoomSnap: 0.25, maxZoom: MAX_ZOOM,
    });
    map.createPane('kg-images').style.zIndex = 350;
    map.kgBounds = L.latLngBounds(head.bounds);
    kg.showExtent(map);
    const first = map.getCenter();
    L.control.zoom({ zoomInTitle: head.labels.zoom_in, zoomOutTitle: head.labels.zoom_out }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    map.on('popupopen', (event) => nameCloseButton(event.popup, head.labels.close));
    kg.map = map;
    kg.ready = kg.readPayload(document.getElementById('kg-payload'))
      .then((content) => {
        // A view that was set in Python stays.
        const isMoved = !map.getCenter().equals(first);
        start(map, content, renderer, isMoved);
      }, tellOldBrowser);
    return map;
  };

  // The whole extent, and how far one may go from it.
  kg.showExtent = function (map) {
    const room = { paddingBottomRight: [kg.legendRoom(map), 0], animate: false };
    map.setMinZoom(0).fitBounds(map.kgBounds, room);
    map.kgExtentZoom = map.getZoom();
    map.setMinZoom(map.kgExtentZoom - 1).setMaxBounds(map.getBounds().pad(1));
  };

  function start(map, content, renderer, isMoved) {
    kg.fillHeader(document.getElementById('kg-header'), content);
    document.getElementById('kg-note').textContent = content.note;
    const container = map.getContainer();
    container.setAttribute('role', 'region');
    container.setAttribute('aria-label', content.title);
    kg.layers = new kg.LayerSet(map, content, renderer);
    kg.addToolbar(map, kg.layers, content); // takes height from the map
    if (!isMoved) kg.showExtent(map);
    kg.extentButton(map, content.texts).addTo(map);
    kg.northArrow(content.texts).addTo(map);
    kg.addBase(map, content.base);
    kg.layers.addShown();
    kg.legend = new kg.Legend(kg.layers, content);
    kg.legend.addTo(map);
    document.documentElement.dataset.kgReady = 'true';
  }

  function tellOldBrowser() {
    const text = document.body.dataset.oldBrowser;
    document.getElementById('kg-header').append(kg.element('p', 'kg-warning', text));
  }

  function nameCloseButton(popup, label) {
    const button = popup.getElement().querySelector('.leaflet-popup-close-button');
    if (button) button.setAttribute('aria-label', label);
  }

  // What folium's Map.keep_in_front asks for.
  kg.keepInFront = function (map, layers) {
    const lift = () => layers().forEach((layer) => layer.bringToFront());
    map.on('overlayadd', lift);
    map.whenReady(() => setTimeout(lift));
  };

  // Folium's popups turn their markup into an element by jQuery's `$`; this is all they need of it.
  window.$ = function (markup) {
    const template = document.createElement('template');
    template.innerHTML = markup.trim();
    return [template.content.firstChild];
  };
})(window.kgspatial);
