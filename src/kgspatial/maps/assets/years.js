// The slider that steps through the years; all years keep the classes of their layers.
(function (kg) {
  'use strict';

  kg.yearSlider = function (map, set, content) {
    const { years, texts } = content;
    if (!years) return null;
    const label = kg.element('label', 'kg-years');
    const input = kg.element('input');
    Object.assign(input, { type: 'range', min: 0, max: years.length - 1, step: 1, value: content.year });
    const said = kg.element('output', '', String(years[content.year]));
    const show = () => {
      said.textContent = String(years[set.year]);
      input.setAttribute('aria-valuetext', said.textContent);
      kg.fillFigures(content, set.year);
      document.querySelector('#kg-header h1').textContent = content.titles[set.year];
      map.closePopup();
    };
    input.setAttribute('aria-valuetext', said.textContent);
    input.addEventListener('input', () => {
      set.setState({ isAfter: set.isAfter, year: Number(input.value) });
      show();
    });
    label.append(kg.element('span', '', texts.year), input, said);
    return label;
  };
})(window.kgspatial);
