// SPDX-License-Identifier: MIT
// What Frictionless Data's library reads: node datapackage.mjs URL|FILE... prints a line of JSON for each package, with
// the typed rows of every table. A package may also be a file; then its tables are where the first one's are.
import { readFile } from "node:fs/promises";
import datapackage from "datapackage";

const { Package } = datapackage;
const day = (date) => [date.getFullYear(), date.getMonth() + 1, date.getDate()]
  .map((part) => `${part}`.padStart(2, "0")).join("-");
const typed = (row) => Object.fromEntries(Object.entries(row)
  .map(([name, value]) => [name, value instanceof Date ? day(value) : value]));

async function read(where, basePath) {
  const descriptor = where.startsWith("http") ? where : JSON.parse(await readFile(where, "utf8"));
  const found = await Package.load(descriptor, { basePath });
  const tables = {};
  const wrong = found.errors.map(({ message }) => message);
  for (const resource of found.valid ? found.resources : []) {
    try {
      tables[resource.name] = (await resource.read({ keyed: true })).map(typed);
      await resource.checkRelations();
    } catch (error) {
      wrong.push(...[error.message, ...(error.errors ?? []).map(({ message }) => message)]);
    }
  }
  const { profile, title, keywords } = found.descriptor;
  return { valid: found.valid, profile, title, keywords, wrong, tables };
}

const [first] = process.argv.slice(2);
for (const where of process.argv.slice(2)) {
  console.log(JSON.stringify(await read(where, first.replace(/[^/]*$/, ""))));
}
