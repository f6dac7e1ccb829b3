// SPDX-License-Identifier: MIT
// What a service of a few lines on fastify takes for the same answer: node node_server.mjs PORT ANSWER. It has the rows of
// all observations in memory and filters them for each request; what is around them is that of the file ANSWER.
import { readFileSync } from "node:fs";
import fastify from "fastify";

const [port, path] = process.argv.slice(2);
const { all, meta, links } = JSON.parse(readFileSync(path, "utf8"));
const app = fastify();

app.get("/v1/observations", ({ query }, reply) => {
  const data = all.filter((row) => Object.entries(query).every(([name, value]) => String(row[name]) === value));
  reply.type("application/json").send(`${JSON.stringify({ data, meta, links })}\n`);
});
await app.listen({ port: Number(port), host: "127.0.0.1" });
