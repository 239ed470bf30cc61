// Coordinates under the mouse, and the full screen.
(function (kg) {
  'use strict';

  const DIGITS = 6; // a tenth of a metre

  kg.showCoordinates = function (map, texts) {
    const box = kg.element('div', 'kg-coordinates');
    box.title = texts.coordinates;
    box.hidden = true;
    kg.control('bottomleft', 'kg-coordinates-box', [box]).addTo(map);
    map.on('mousemove', (event) => {
      const at = event.latlng.wrap();
      box.hidden = false;
      box.textContent = `${at.lng.toFixed(DIGITS)}, ${at.lat.toFixed(DIGITS)}`;
    });
    map.on('mouseout', () => { box.hidden = true; });
  };

  // None where a frame, as in a notebook, does not allow it.
  kg.fullScreenButton = function (texts) {
    const page = document.documentElement;
    if (!document.fullscreenEnabled || !page.requestFullscreen) return null;
    const turn = () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else page.requestFullscreen().catch(() => button.remove());
    };
    const button = kg.toolButton('kg-full-screen', texts.full_screen, turn);
    kg.setPressed(button, false);
    document.addEventListener('fullscreenchange', () => {
      kg.setPressed(button, Boolean(document.fullscreenElement));
    });
    return button;
  };
})(window.kgspatial);
