// SPDX-License-Identifier: MIT
// The API as any other client has it. The folder of this file lies two steps below the service's root.
import { asQuery } from './state.js';

const WAIT_MS = 20000;
export const root = new URL('../../', import.meta.url);

export function address(path, filters = [], more = []) {
  const query = asQuery([...filters, ...more]);
  return new URL(path + (query ? `?${query}` : ''), root);
}

export class Failure extends Error {
  // `tries`: what was perhaps meant, as links with the code that they have instead.
  constructor(path, kind, status, problem) {
    super(`${path}: ${kind}`);
    const tries = (problem?.errors ?? [])
      .filter((error) => error.try && error.did_you_mean)
      .map((error) => ({ link: error.try, code: error.did_you_mean[0] }));
    Object.assign(this, { path, kind, status, detail: problem?.detail, tries });
  }
}

// The language goes in a header field, so that a page without filters works with plain files as well.
export async function ask(path, filters, lang, cache = 'default') {
  const url = address(path, filters);
  let response;
  let text;
  try {
    response = await fetch(url, {
      cache,
      headers: { Accept: 'application/json', ...(lang && { 'Accept-Language': lang }) },
      signal: AbortSignal.timeout(WAIT_MS),
    });
    text = await response.text();
  } catch (error) {
    throw new Failure(path, error.name === 'TimeoutError' ? 'slow' : 'offline');
  }
  let value = null;
  try {
    value = JSON.parse(text);
  } catch {
    // What stands between us and the daemon may answer in its own way; the status says enough.
  }
  if (!response.ok || !value) throw new Failure(path, 'status', response.status, value);
  return { value, etag: response.headers.get('ETag'), lang: response.headers.get('Content-Language') };
}

// Whether a document is another than that of the ETag; null: nobody could say. A 304 costs some header fields.
export async function hasChanged(path, etag, lang) {
  try {
    const response = await fetch(address(path), {
      cache: 'no-store',
      headers: { Accept: 'application/json', 'Accept-Language': lang, 'If-None-Match': etag },
      signal: AbortSignal.timeout(WAIT_MS),
    });
    await response.arrayBuffer(); // so that the connection is free again
    if (response.status === 304) return false;
    return response.ok ? response.headers.get('ETag') !== etag : null;
  } catch {
    return null;
  }
}

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export const asCurl = (url) => `curl ${quote(url.href)}`;

export const asFetch = (url) => `const { data } = await (await fetch(${JSON.stringify(url.href)})).json();`;
