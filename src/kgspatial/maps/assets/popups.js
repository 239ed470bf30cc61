// Popups: a title and a table of labelled figures. Texts enter as text, never as markup.
(function (kg) {
  'use strict';

  // An element with a class and a text.
  kg.element = function (name, className, text) {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
  const tenth = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const WRITERS = {
    count: (v) => whole.format(v),
    gap: (v) => (v > 0 ? '+' : '') + whole.format(v).replace('-', '−'),
    share: (v) => `${tenth.format(100 * v)}%`,
    money: (v) => tenth.format(v),
    text: (v) => v,
    prose: (v) => v,
  };

  kg.written = function (value, kind, missing) {
    return value === null || value === undefined ? missing : WRITERS[kind](value);
  };

  // The popup of a row; `set` knows the years, where there are several.
  kg.popupContent = function (layer, row, texts, set) {
    const content = kg.element('div', 'kg-popup');
    content.append(kg.element('h2', '', layer.titles[row] || texts.missing));
    if (layer.subtitles) content.append(kg.element('p', 'kg-popup-kind', layer.subtitles[row]));
    const fields = layer.fields || [];
    const isOneOfMany = Boolean(layer.series) && set.years.length > 0;
    if (isOneOfMany && fields.length) content.append(kg.element('p', 'kg-popup-year', `${set.years[set.baseYear]}`));
    content.append(table(fields.filter((field) => field.kind !== 'prose'), row, texts));
    fields.filter((field) => field.kind === 'prose').forEach((field) => {
      content.append(prose(field, row, texts));
    });
    if (isOneOfMany) content.append(...byYear(layer.series, row, texts, set));
    return content;
  };

  function prose(field, row, texts) {
    const paragraph = kg.element('p', 'kg-prose');
    const text = kg.written(field.values[row], field.kind, texts.missing);
    paragraph.append(kg.element('strong', '', field.label), kg.element('span', '', text));
    return paragraph;
  }

  function table(fields, row, texts) {
    const body = kg.element('tbody');
    const twofold = fields.some((field) => field.after);
    if (twofold) body.append(stateRow(texts));
    fields.forEach((field) => {
      const line = kg.element('tr');
      const label = kg.element('th', '', field.label);
      label.scope = 'row';
      line.append(label, cell(field, field.values, row, texts));
      if (field.after) line.append(cell(field, field.after, row, texts));
      else if (twofold) line.lastChild.colSpan = 2;
      body.append(line);
    });
    const figures = kg.element('table');
    figures.append(body);
    return figures;
  }

  // A line for each year; the value after the plan follows the one before where they differ.
  function byYear(series, row, texts, set) {
    const head = kg.element('tr');
    [texts.year, ...series.map((one) => one.label)].forEach((text) => {
      const cell = kg.element('th', '', text);
      cell.scope = 'col';
      head.append(cell);
    });
    const body = kg.element('tbody');
    body.append(head);
    set.years.forEach((year, i) => {
      const line = kg.element('tr');
      if (i === set.year) line.setAttribute('aria-current', 'true');
      const name = kg.element('th', '', String(year));
      name.scope = 'row';
      line.append(name, ...series.map((one) => kg.element('td', 'kg-number', overPlan(one, i, row, texts))));
      body.append(line);
    });
    const table = kg.element('table', 'kg-popup-years');
    table.append(body);
    return [kg.element('p', 'kg-popup-year', texts.by_year), table];
  }

  function overPlan(one, i, row, texts) {
    const before = kg.written(one.values[i][row], one.kind, texts.missing);
    const later = one.after && one.after[i];
    const after = later ? kg.written(later[row], one.kind, texts.missing) : before;
    return after === before ? before : `${before} → ${after}`;
  }

  function stateRow(texts) {
    const line = kg.element('tr', 'kg-popup-states');
    line.append(kg.element('td'));
    [texts.before, texts.after].forEach((text) => {
      const head = kg.element('th', '', text);
      head.scope = 'col';
      line.append(head);
    });
    return line;
  }

  function cell(field, values, row, texts) {
    const className = field.kind === 'text' ? 'kg-text' : 'kg-number';
    return kg.element('td', className, kg.written(values[row], field.kind, texts.missing));
  }
})(window.kgspatial);
