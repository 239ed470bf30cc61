// A table of sites, actions or kindergartens under the map: a row leads to its place, and a click
// on a place marks its row.
(function (kg) {
  'use strict';

  class SiteTable {
    constructor(map, set, content) {
      Object.assign(this, { map, set, texts: content.texts, tables: content.tables });
      this.shown = this.tables[0];
      this.order = { column: -1, isDown: false };
      this.panel = kg.element('section', 'kg-table');
      this.panel.id = 'kg-table';
      this.panel.hidden = true;
      this.panel.setAttribute('aria-label', this.texts.table);
      this.frame = kg.element('div', 'kg-table-frame');
      this.panel.append(...(this.tables.length > 1 ? [this.choice()] : []), this.frame);
      document.getElementById('kg-note').before(this.panel);
      this.button = kg.toolButton('kg-table-opener', this.texts.table, () => this.turn(this.panel.hidden));
      this.button.setAttribute('aria-controls', this.panel.id);
      this.button.setAttribute('aria-expanded', 'false');
      set.events.on('state', () => this.panel.hidden || this.fill());
      set.events.on('picked', ({ layer, row }) => this.mark(layer, row));
      set.events.on('left', () => this.mark());
    }

    turn(isOpen) {
      this.panel.hidden = !isOpen;
      this.button.setAttribute('aria-expanded', String(isOpen));
      if (isOpen) this.fill();
      this.map.invalidateSize({ animate: false });
    }

    choice() {
      const label = kg.element('label', 'kg-table-choice', this.texts.table_of);
      const select = kg.element('select');
      select.append(...this.tables.map((table) => kg.element('option', '', table.label)));
      select.addEventListener('change', () => {
        this.shown = this.tables[select.selectedIndex];
        this.order = { column: -1, isDown: false };
        this.fill();
      });
      label.append(select);
      return label;
    }

    // Labels of the columns: those of all its layers' figures; long texts stay in the popups.
    columns() {
      const layers = this.shown.layers.map((key) => this.set.find(key));
      const fields = layers.flatMap((layer) => layer.fields || []);
      const figures = fields.filter((field) => field.kind !== 'prose');
      const found = [...new Map(figures.map((field) => [field.label, field.kind]))];
      const kinds = found.map(([label, kind]) => ({ label, kind }));
      const layer = layers.length > 1 ? [{ label: this.texts.table_kind, kind: 'text', isLayer: true }] : [];
      return [{ label: this.texts.table_number, kind: 'text' }, ...layer, ...kinds];
    }

    rows(columns) {
      return this.shown.layers.map((key) => this.set.find(key)).flatMap((layer) => {
        const fields = new Map((layer.fields || []).map((field) => [field.label, field]));
        return layer.titles.map((title, row) => {
          const values = columns.slice(1).map((column) => {
            if (column.isLayer) return layer.label;
            const field = fields.get(column.label);
            return field ? this.value(field, row) : null;
          });
          return { layer, row, values: [title, ...values] };
        });
      });
    }

    value(field, row) {
      const isAfter = this.set.state()[1] === 1 && this.set.year === this.set.baseYear;
      return ((isAfter && field.after) || field.values)[row];
    }

    fill() {
      const columns = this.columns();
      const rows = this.sorted(this.rows(columns));
      const head = kg.element('thead');
      head.append(kg.element('tr'));
      head.firstChild.append(...columns.map((column, i) => this.heading(column, i)));
      const body = kg.element('tbody');
      body.append(...rows.map((one) => this.line(one, columns)));
      const table = kg.element('table');
      table.append(kg.element('caption', 'kg-unseen', this.shown.label), head, body);
      const kept = this.frame.scrollTop;
      this.frame.replaceChildren(table);
      this.frame.scrollTop = kept;
      this.mark(this.current && this.current.layer, this.current && this.current.row);
    }

    sorted(rows) {
      const { column, isDown } = this.order;
      if (column < 0) return rows;
      const language = document.documentElement.lang;
      const isMissing = (value) => value === null || value === undefined;
      const by = (a, b) => {
        const [x, y] = [a.values[column], b.values[column]];
        if (isMissing(x) || isMissing(y)) return isMissing(x) - isMissing(y);
        const isNumber = typeof x === 'number';
        const order = isNumber ? x - y : String(x).localeCompare(y, language, { numeric: true });
        return isDown ? -order : order;
      };
      return rows.sort(by);
    }

    heading(column, i) {
      const cell = kg.element('th');
      cell.scope = 'col';
      const isOwn = this.order.column === i;
      const direction = this.order.isDown ? 'descending' : 'ascending';
      cell.setAttribute('aria-sort', isOwn ? direction : 'none');
      const button = kg.element('button', '', column.label);
      button.type = 'button';
      button.addEventListener('click', () => {
        this.order = { column: i, isDown: isOwn && !this.order.isDown };
        this.fill();
        this.frame.querySelectorAll('thead button')[i].focus();
      });
      cell.append(button);
      return cell;
    }

    line({ layer, row, values }, columns) {
      const line = kg.element('tr');
      Object.assign(line.dataset, { layer: layer.key, row });
      const name = kg.element('th');
      name.scope = 'row';
      const button = kg.element('button', '', values[0] || this.texts.missing);
      button.type = 'button';
      name.append(button);
      line.append(name, ...values.slice(1).map((value, i) => {
        const { kind } = columns[i + 1];
        const className = kind === 'text' ? 'kg-text' : 'kg-number';
        return kg.element('td', className, kg.written(value, kind, this.texts.missing));
      }));
      line.addEventListener('click', () => this.set.visit(layer, row));
      return line;
    }

    mark(layer, row) {
      this.current = layer ? { layer, row } : null;
      this.frame.querySelectorAll('tbody tr').forEach((line) => {
        const isOwn = layer && line.dataset.layer === layer.key && Number(line.dataset.row) === row;
        if (!isOwn) {
          line.removeAttribute('aria-current');
          return;
        }
        line.setAttribute('aria-current', 'true');
        line.scrollIntoView({ block: 'nearest' });
      });
    }
  }

  kg.siteTable = function (map, set, content) {
    return content.tables.length ? new SiteTable(map, set, content).button : null;
  };
})(window.kgspatial);
