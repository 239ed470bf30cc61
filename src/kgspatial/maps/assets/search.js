// Search by name: a text field with a list of suggestions, for mouse and keyboard alike.
(function (kg) {
  'use strict';

  const MOST_SUGGESTIONS = 12;

  // All named rows of the searched layers, with what they are compared by.
  function entries(set, keys) {
    return keys.map((key) => set.find(key)).flatMap((layer) => layer.titles.map((title, row) => {
      const kind = layer.subtitles ? layer.subtitles[row] : layer.label;
      return { layer, row, title, kind, name: title.toLowerCase(), all: `${title} ${kind}`.toLowerCase() };
    }));
  }

  // Names that begin with the words first, then those that hold them, then ids and kinds.
  kg.findNames = function (known, words) {
    const wanted = words.trim().toLowerCase();
    if (!wanted) return [];
    const rank = (one) => {
      if (one.name.startsWith(wanted)) return 0;
      return one.name.includes(wanted) ? 1 : 2;
    };
    const found = known.filter((one) => one.all.includes(wanted));
    return found.map((one) => [rank(one), one]).sort((a, b) => a[0] - b[0]).map((pair) => pair[1]);
  };

  class SearchBox {
    constructor(set, content) {
      this.set = set;
      this.texts = content.texts;
      this.known = entries(set, content.search);
      this.found = [];
      this.chosen = -1;
      this.box = kg.element('div', 'kg-search');
      this.input = this.field();
      this.list = kg.element('ul', 'kg-suggestions');
      Object.assign(this.list, { id: 'kg-suggestions', hidden: true });
      this.list.setAttribute('role', 'listbox');
      this.list.setAttribute('aria-label', this.texts.search_results);
      this.said = kg.element('span', 'kg-unseen');
      this.said.setAttribute('role', 'status');
      this.box.append(this.input, this.list, this.said);
    }

    field() {
      const input = kg.element('input');
      Object.assign(input, { type: 'search', autocomplete: 'off', placeholder: this.texts.search });
      const attributes = {
        role: 'combobox',
        'aria-label': this.texts.search,
        'aria-autocomplete': 'list',
        'aria-controls': 'kg-suggestions',
        'aria-expanded': 'false',
      };
      Object.entries(attributes).forEach(([name, value]) => input.setAttribute(name, value));
      input.addEventListener('input', () => this.suggest());
      input.addEventListener('keydown', (event) => this.typed(event));
      input.addEventListener('blur', () => this.close());
      return input;
    }

    suggest() {
      const all = kg.findNames(this.known, this.input.value);
      this.found = all.slice(0, MOST_SUGGESTIONS);
      this.list.replaceChildren(...this.found.map((one, i) => this.option(one, i)));
      const isAsked = this.input.value.trim() !== '';
      const none = isAsked && !all.length;
      if (none) this.list.append(kg.element('li', 'kg-none', this.texts.search_none));
      this.said.textContent = isAsked ? kg.fill(this.texts.search_count, { n: all.length }) : '';
      this.list.hidden = !isAsked;
      this.input.setAttribute('aria-expanded', String(this.found.length > 0));
      this.choose(-1);
    }

    option(one, i) {
      const option = kg.element('li');
      option.id = `kg-suggestion-${i}`;
      option.setAttribute('role', 'option');
      option.append(kg.element('span', '', one.title), kg.element('small', '', one.kind));
      // Before the field loses the focus, which closes the list.
      option.addEventListener('mousedown', (event) => {
        event.preventDefault();
        this.take(i);
      });
      return option;
    }

    choose(i) {
      this.chosen = i;
      this.list.querySelectorAll('[role=option]').forEach((option, k) => {
        option.setAttribute('aria-selected', String(k === i));
        if (k === i) option.scrollIntoView({ block: 'nearest' });
      });
      if (i < 0) this.input.removeAttribute('aria-activedescendant');
      else this.input.setAttribute('aria-activedescendant', `kg-suggestion-${i}`);
    }

    typed(event) {
      const count = this.found.length;
      const steps = { ArrowDown: 1, ArrowUp: -1 };
      if (event.key in steps && count) {
        const first = this.chosen < 0 && event.key === 'ArrowUp' ? 0 : this.chosen;
        this.choose((first + steps[event.key] + count) % count);
      } else if (event.key === 'Enter' && count) {
        this.take(Math.max(this.chosen, 0));
      } else if (event.key === 'Escape' && this.input.value) {
        this.input.value = '';
        this.close();
      } else {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    }

    take(i) {
      const { layer, row, title } = this.found[i];
      this.input.value = title;
      this.close();
      this.set.visit(layer, row);
    }

    close() {
      this.found = [];
      this.list.hidden = true;
      this.said.textContent = '';
      this.input.setAttribute('aria-expanded', 'false');
      this.choose(-1);
    }
  }

  kg.searchBox = (set, content) => (
    content.search.length ? new SearchBox(set, content).box : null
  );
})(window.kgspatial);
