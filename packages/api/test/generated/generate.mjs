// Generates the three clients of an OpenAPI document: `node generate.mjs document.json folder`.
import { readFileSync, writeFileSync } from 'node:fs';
import { createClient } from '@hey-api/openapi-ts';
import openapiTypes, { astToString } from 'openapi-typescript';
import { generate } from 'orval';

const [document, out] = process.argv.slice(2);

writeFileSync(`${out}/types.ts`, astToString(await openapiTypes(JSON.parse(readFileSync(document, 'utf8')))));
await createClient({ input: document, output: `${out}/hey-api`, logs: { level: 'silent', file: false } });
await generate({ input: { target: document }, output: { target: `${out}/orval.ts`, client: 'fetch', mode: 'single' } });
