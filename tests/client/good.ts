// SPDX-License-Identifier: MIT
// A client with types made from the served description: node good.js URL prints each answer as a line of JSON.
import createClient from "openapi-fetch";
import type { components, paths } from "./smestat.js";

declare const process: { argv: string[] };

const client = createClient<paths, "application/json" | "application/problem+json">({
  baseUrl: process.argv[2],
  querySerializer: { array: { style: "form", explode: false } },
});

function print(name: string, value: unknown): void {
  console.log(JSON.stringify([name, value]));
}

const figures = await client.GET("/v1/observations", {
  params: { query: { category: ["cultivation"], year: ["2022"] } },
});
for (const row of figures.data?.data ?? [])
  print("figure", [row.id, row.value, row.qualifier, row.upper, row.display]);

// Several codes go with commas between them, and only what is wanted comes back.
const several = await client.GET("/v1/observations", {
  params: {
    query: {
      category: ["cultivation", "contribution"],
      "kind.not": ["target"],
      fields: ["id", "value"],
      sort: ["-value", "id"],
      limit: 2,
    },
  },
});
print("several", several.data?.data);
print("address", several.response.url);

// One row, by its code; a focus area has a number, too.
const indicator = await client.GET("/v1/indicators/{id}", {
  params: { path: { id: "little-giant-count" }, query: { lang: "zh", kind: ["actual"] } },
});
print("indicator", [indicator.data?.data.name, indicator.data?.data.observations?.map((row) => row.value)]);
const area = await client.GET("/v1/focus-areas/{id}", { params: { path: { id: "2" } } });
print("area", [area.data?.data.code, area.data?.data.order, area.data?.meta.lang]);
const target = await client.GET("/v1/targets/{id}", {
  params: { path: { id: "specialized-sme-count.2023.target" } },
});
print("target", [target.data?.data.verdict, target.data?.data.baseline?.value]);

// What no type can know: a row that is not there, a number out of its range.
const missing = await client.GET("/v1/observations/{id}", { params: { path: { id: "sme-count.1949.actual" } } });
print("missing", [missing.data, missing.error?.status, missing.error?.errors?.[0]?.did_you_mean]);
const wrong = await client.GET("/v1/observations", { params: { query: { limit: -1 } } });
print("wrong", [wrong.error?.type, wrong.error?.errors?.map((fault) => fault.parameter)]);

// Every category has its colour: a new one in the dataset is an error here until it gets one.
const colours: Record<components["schemas"]["CategoryCode"], string> = {
  contribution: "navy",
  "fiscal-support": "teal",
  "public-service": "olive",
  "business-population": "purple",
  "industrial-operation": "maroon",
  cultivation: "green",
  "capital-market": "gray",
};
const categories = await client.GET("/v1/categories");
print("colours", categories.data?.data.map((row) => row.code && colours[row.code]));
