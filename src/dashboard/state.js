// SPDX-License-Identifier: MIT
// What the page shows is all in the address, behind the #: such an address is the same page to every server and cache,
// also where the data is served as files. Names are those of the API's parameters; `lang` and `table` are the page's.

export function readState(hash = location.hash) {
  const state = { lang: null, tables: [], filters: new Map() };
  for (const [name, value] of new URLSearchParams(hash.slice(1))) {
    if (value === '') continue;
    if (name === 'lang') state.lang = value;
    else if (name === 'table') state.tables = value.split(',');
    else state.filters.set(name, value);
  }
  return state;
}

// Commas and dots stay readable: they need no escape there.
const escape = (text) => encodeURIComponent(text).replace(/%2C/g, ',').replace(/%3A/g, ':');

export const asQuery = (pairs) => [...pairs].map(([name, value]) => `${escape(name)}=${escape(value)}`).join('&');

export function writeState(state, replace = false) {
  const pairs = [...state.filters];
  if (state.tables.length) pairs.push(['table', state.tables.join()]);
  if (state.lang) pairs.push(['lang', state.lang]);
  const query = asQuery(pairs);
  const url = query ? `#${query}` : location.pathname + location.search;
  if (replace) history.replaceState(null, '', url);
  else history.pushState(null, '', url);
}

// The codes of a filter, and the state with one of them put in or taken out.
export const codesOf = (state, name) => (state.filters.get(name) ?? '').split(',').filter(Boolean);

export function toggled(state, name, code) {
  const codes = codesOf(state, name);
  const left = codes.includes(code) ? codes.filter((one) => one !== code) : [...codes, code];
  const filters = new Map(state.filters);
  if (left.length) filters.set(name, left.join());
  else filters.delete(name);
  return { ...state, filters };
}
