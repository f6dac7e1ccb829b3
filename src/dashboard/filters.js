// SPDX-License-Identifier: MIT
// The filters, as the facets give them: each with its values and how many observations every value would leave.
import { make } from './dom.js';
import { codesOf, toggled, asQuery } from './state.js';
import { numberFormat } from './words.js';

const EDGE = 8; // between a list and the window's side
const MANY = 12; // values, from which on they can be searched

// A field that leaves the values whose names have its words.
function narrowing(view, facet, labels) {
  const field = make('input', {
    type: 'search',
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder: view.words.narrow(facet.name),
    'aria-label': view.words.narrow(facet.name),
    'data-key': `facet/${facet.parameter}/narrow`,
  });
  field.addEventListener('input', () => {
    const wanted = field.value.trim().toLocaleLowerCase();
    for (const label of labels) label.hidden = !label.textContent.toLocaleLowerCase().includes(wanted);
  });
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') event.preventDefault(); // it is not the search of the page
  });
  return field;
}

// Moves a list that would reach beyond the window.
export function keepInside(facet) {
  const list = facet.querySelector('fieldset');
  list.style.left = '';
  const beyond = list.getBoundingClientRect().right + EDGE - document.documentElement.clientWidth;
  if (beyond > 0) list.style.left = `${-beyond}px`;
}

function facetOf(view, facet) {
  const chosen = codesOf(view.state, facet.parameter);
  const values = facet.values.filter((value) => value.observations > 0 || value.selected);
  if (values.length < 2 && !chosen.length) return null;
  const labels = values.map((value) =>
    make(
      'label',
      {},
      make('input', {
        type: 'checkbox',
        checked: value.selected,
        value: value.code,
        'data-key': `facet/${facet.parameter}/${value.code}`,
        onchange: () => view.go(toggled(view.state, facet.parameter, value.code)),
      }),
      make('span', {}, value.name),
      make('span', { class: 'count' }, numberFormat(view.language).format(value.observations)),
    ),
  );
  return make(
    'details',
    {
      class: 'facet',
      name: 'facet',
      'data-key': `facet/${facet.parameter}`,
      'data-parameter': facet.parameter,
      ontoggle: ({ currentTarget }) => keepInside(currentTarget),
    },
    make(
      'summary',
      { 'data-key': `facet/${facet.parameter}/summary` },
      facet.name,
      chosen.length > 0 && make('span', { class: 'chosen' }, ` ${chosen.length}`),
    ),
    make(
      'fieldset',
      {},
      make('legend', { class: 'unseen' }, facet.name),
      values.length > MANY && narrowing(view, facet, labels),
      labels,
    ),
  );
}

// What is asked for, each with a way out of it.
function chips(view) {
  const found = [];
  for (const [name, value] of view.state.filters) {
    if (name === 'q') continue;
    const title = view.titles.get(name) ?? name;
    const codes = view.titles.has(name) ? codesOf(view.state, name) : [value];
    for (const code of codes) {
      const label = `${title}: ${view.names.get(name)?.get(code) ?? code}`;
      const filters = new Map(view.state.filters);
      filters.delete(name);
      found.push(
        make(
          'li',
          {},
          make(
            'button',
            {
              type: 'button',
              'aria-label': view.words.remove(label),
              'data-key': `chip/${name}/${code}`,
              onclick: () =>
                view.go(view.titles.has(name) ? toggled(view.state, name, code) : { ...view.state, filters }),
            },
            label,
            make('span', { 'aria-hidden': 'true' }, ' ×'),
          ),
        ),
      );
    }
  }
  if (view.state.filters.size) {
    found.push(
      make(
        'li',
        {},
        make(
          'button',
          {
            type: 'button',
            class: 'clear',
            'data-key': 'clear',
            onclick: () => view.go({ ...view.state, filters: new Map() }),
          },
          view.words.clear,
        ),
      ),
    );
  }
  return found.length ? make('ul', { class: 'chips' }, found) : null;
}

// A link of the API as a state of this page.
export function hashOf(view, link) {
  const pairs = [...new URL(link, location.href).searchParams].filter(([name]) => name !== 'lang');
  if (view.state.lang) pairs.push(['lang', view.state.lang]);
  return `#${asQuery(pairs)}`;
}

export function filtersOf(view) {
  const { words, state, summary } = view;
  let timer;
  const search = make('input', {
    type: 'search',
    id: 'search',
    value: state.filters.get('q') ?? '',
    placeholder: words.search,
    'aria-label': words.search,
    autocomplete: 'off',
    spellcheck: 'false',
    'data-key': 'search',
  });
  const look = () => {
    clearTimeout(timer);
    const filters = new Map(view.state.filters);
    if (search.value.trim()) filters.set('q', search.value.trim());
    else filters.delete('q');
    if (filters.get('q') !== view.state.filters.get('q')) view.go({ ...view.state, filters }, true);
  };
  search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(look, 300);
  });
  return [
    make(
      'form',
      {
        role: 'search',
        'aria-label': words.filters,
        onsubmit: (event) => {
          event.preventDefault();
          look();
        },
      },
      search,
      make(
        'div',
        { class: 'facets' },
        view.facets.map((facet) => facetOf(view, facet)),
      ),
    ),
    chips(view),
    summary &&
      make(
        'p',
        { class: 'summary' },
        (view.tops ? words.matching : words.shown)(summary.total, view.dataset?.counts.observations ?? summary.total),
        view.tops && [` ${words.newest}`, view.more > 0 && ` ${words.more_indicators(view.more)}`],
        !view.tops && summary.total > summary.count && ` ${words.cut(summary.count)}`,
        summary.undated_excluded > 0 && [
          ` ${words.undated_out(summary.undated_excluded)} `,
          make(
            'button',
            {
              type: 'button',
              class: 'link',
              'data-key': 'with-undated',
              onclick: () => view.go(toggled(state, 'year', 'undated')),
            },
            words.with_undated,
          ),
        ],
      ),
    summary?.total === 0 &&
      make(
        'div',
        { class: 'empty' },
        make('p', {}, words.none),
        make(
          'ul',
          {},
          // The same question without what stood in its way.
          summary.hints.map((one) => make('li', {}, make('a', { href: hashOf(view, one.try) }, one.text))),
        ),
      ),
  ];
}
