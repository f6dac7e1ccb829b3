// SPDX-License-Identifier: MIT
// Programs of one line. One that must not compile says why: the error's number and words of it; "data" where the file
// api/openapi.json alone would let it pass. The line before it is right.
import createClient from "openapi-fetch";
import type { components, paths } from "./smestat.js";

type Schemas = components["schemas"];
const { GET, POST } = createClient<paths, "application/json" | "application/problem+json">();
const { data, error } = await GET("/v1/observations");
const rows = data?.data ?? [];

GET("/v1/observations", { params: { query: { category: ["cultivation"] } } });
GET("/v1/observations", { params: { query: { category: ["finanse"] } } }); // data TS2322: Type '"finanse"'
GET("/v1/observations", { params: { query: { category: "cultivation" } } }); // TS2322: Type 'string'
GET("/v1/observations", { params: { query: { "category.not": ["capital-market"] } } });
GET("/v1/observations", { params: { query: { "category.not": ["capital"] } } }); // data TS2322: Type '"capital"'
GET("/v1/observations", { params: { query: { indicator: ["sme-count"] } } });
GET("/v1/observations", { params: { query: { indicator: ["sme-cuont"] } } }); // data TS2820: Did you mean '"sme-count"'
GET("/v1/measures", { params: { query: { focus_area: ["1", "cultivation"] } } });
GET("/v1/measures", { params: { query: { focus_area: ["6"] } } }); // data TS2322: Type '"6"'
GET("/v1/targets", { params: { query: { unit: ["enterprises"] } } });
GET("/v1/targets", { params: { query: { unit: ["enterprise"] } } }); // data TS2820: Did you mean '"enterprises"'
GET("/v1/targets", { params: { query: { source: ["scio-2023-03-01"] } } });
GET("/v1/targets", { params: { query: { source: ["scio"] } } }); // data TS2322: Type '"scio"'
GET("/v1/years", { params: { query: { lang: "zh" } } });
GET("/v1/years", { params: { query: { lang: "fr" } } }); // data TS2322: Type '"fr"'

GET("/v1/observations", { params: { query: { kind: ["target"] } } });
GET("/v1/observations", { params: { query: { kind: ["goal"] } } }); // TS2322: Type '"goal"'
GET("/v1/observations", { params: { query: { kind: "goal" } } }); // TS2322: Type 'string'
GET("/v1/observations", { params: { query: { qualifier: ["more_than"] } } });
GET("/v1/observations", { params: { query: { qualifier: ["more-than"] } } }); // TS2820: Did you mean '"more_than"'
GET("/v1/observations", { params: { query: { sort: ["-value"] } } });
GET("/v1/observations", { params: { query: { sort: ["-valeu"] } } }); // TS2820: Did you mean '"-value"'
GET("/v1/observations", { params: { query: { fields: ["display"] } } });
GET("/v1/observations", { params: { query: { fields: ["dispaly"] } } }); // TS2820: Did you mean '"display"'
GET("/v1/observations", { params: { query: { limit: 3 } } });
GET("/v1/observations", { params: { query: { limit: "3" } } }); // TS2322: Type 'string'
GET("/v1/observations", { params: { query: { limt: 3 } } }); // TS2561: Did you mean to write 'limit'
GET("/v1/years", { params: { query: { limit: 3 } } });
GET("/v1/years", { params: { query: { category: ["cultivation"] } } }); // TS2353: 'category' does not exist

GET("/v1/indicators/{id}", { params: { path: { id: "sme-count" } } });
GET("/v1/indicators/{id}", { params: { path: { id: "sme-cuont" } } }); // data TS2820: Did you mean '"sme-count"'
GET("/v1/indicators/{id}", {}); // TS2345: Property 'params' is missing
GET("/v1/indicators/sme-count", {}); // TS2345: Argument of type '"/v1/indicators/sme-count"'
POST("/v1/observations", {}); // TS2345: Argument of type '"/v1/observations"'

rows.map((row) => row.value);
rows.map((row) => row.amount); // TS2339: Property 'amount' does not exist
rows.filter((row) => row.category === "cultivation");
rows.filter((row) => row.category === "finanse"); // data TS2367: have no overlap
rows.map((row) => (row.upper ?? Infinity) - (row.lower ?? 0));
rows.map((row) => row.upper - 1); // TS18049: 'row.upper' is possibly 'null' or 'undefined'
console.log(error?.detail);
console.log(error?.message); // TS2339: Property 'message' does not exist
const areas: Record<Schemas["FocusAreaCode"], number> = { cultivation: 2 }; // data TS2739: is missing the following
