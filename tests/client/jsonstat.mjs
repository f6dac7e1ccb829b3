// SPDX-License-Identifier: MIT
// What JSON-stat's own toolkit reads: node jsonstat.mjs URL... prints a line of JSON for each.
import JSONstat from "jsonstat-toolkit";

function dataset(cube) {
  const dimensions = cube.id.map((id) => {
    const { label, role, id: codes } = cube.Dimension(id);
    const categories = (codes ?? []).map((code) => {
      const { label: name, unit, note } = cube.Dimension(id).Category(code);
      return [code, { name, unit, note }];
    });
    return [id, { label, role, categories: Object.fromEntries(categories) }];
  });
  const present = ({ value }) => value !== null;
  const table = cube.n === 0 ? [] : cube.toTable({ type: "arrobj", content: "id", status: true });
  return {
    class: cube.class,
    label: cube.label,
    source: cube.source,
    href: cube.href,
    cells: cube.n,
    dimensions: Object.fromEntries(dimensions),
    rows: table.filter(present),
    // Each again, by its coordinates.
    found: table.map(({ value, status, ...coordinates }) => cube.Data(coordinates)).filter(present),
  };
}

for (const url of process.argv.slice(2)) {
  const answer = await JSONstat(url);
  const { class: kind, label, length } = answer;
  const items = (count) => Array.from({ length: count }, (_, i) => dataset(answer.Dataset(i)));
  console.log(JSON.stringify(kind === "collection" ? { class: kind, label, items: items(length) } : dataset(answer)));
}
