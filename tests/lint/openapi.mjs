// SPDX-License-Identifier: MIT
// Lints an OpenAPI description with Redocly's recommended rules: node openapi.mjs FILE. Exits 1 at an error or warning.
// It takes the linter's library, not its command, which brings ten times the packages, telemetry and an update check.
import { createConfig, formatProblems, getTotals, lint } from '@redocly/openapi-core';

const [file] = process.argv.slice(2);
const config = await createConfig({ extends: ['recommended'] });
const problems = await lint({ ref: file, config });
const totals = getTotals(problems);
formatProblems(problems, { format: 'stylish', totals, version: '' });
console.log(`${file}: ${totals.errors} errors, ${totals.warnings} warnings, ${totals.ignored} ignored`);
process.exitCode = problems.length === 0 ? 0 : 1;
