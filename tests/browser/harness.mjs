// SPDX-License-Identifier: MIT
// What browser tests are made with: a daemon, a server of another origin, a browser, and pages that complain.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

// The packages lie in the build folder, where Node would not look for them by itself.
const packages = createRequire(join(process.env.PACKAGES, 'package.json'));
const { default: puppeteer } = await import(pathToFileURL(packages.resolve('puppeteer-core')));

const WAIT_MS = 60000; // a page with everything open takes a third of that where two more processes want the cores
const CHROMIUM = process.env.CHROMIUM || '/usr/bin/chromium';
const OPTIONS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--lang=en-US'];

// Waits until `ask` gives something true, and returns it. It asks from here, because a page's policy may forbid what
// waits inside the page. `what`: words for what it waited for, or a function that knows them in the end.
export async function until(ask, what = 'the page') {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const found = await ask();
    if (found) return found;
    assert.ok(Date.now() < end, `waited in vain for ${typeof what === 'function' ? what() : what}`);
    await new Promise((resolve) => { setTimeout(resolve, 25); });
  }
}

// A daemon on a port that the system chooses: {url, stop}. stop asks for a clean end and nothing odd on standard error.
export async function startDaemon(...options) {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SMESTATD')));
  const child = spawn(process.env.SMESTATD, ['--port', '0', '--drain-grace', '0', '--drain-timeout', '0', ...options],
    { stdio: ['ignore', 'ignore', 'pipe'], env: environment });
  const ended = once(child, 'exit');
  process.once('exit', () => child.kill('SIGKILL')); // where a test broke off before it came to stop
  const lines = [];
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the daemon did not say where it listens')), WAIT_MS);
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`the daemon ended: ${lines.join('\n')}`)));
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      if (!line.startsWith('listening on ')) return;
      clearTimeout(timer);
      resolve(line.slice('listening on '.length).replace(/\/$/, ''));
    });
  });
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      const [status] = await ended;
      assert.equal(status, 0, lines.join('\n'));
      assert.deepEqual(lines.filter((line) => !/^(smestatd: info: |listening on )/.test(line)), []);
    },
  };
}

// A server of an origin of its own. `answer`: from path to [type, body], or a function as node:http calls it.
export async function startServer(answer) {
  const listener = typeof answer === 'function' ? answer : (request, response) => {
    const [type, body] = answer[new URL(request.url, 'http://localhost').pathname] ?? [];
    response.writeHead(type ? 200 : 404, { 'Content-Type': type ?? 'text/plain' });
    response.end(body);
  };
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

// A browser with a new and empty profile, which ends with it.
export async function startBrowser() {
  const profile = await mkdtemp(join(tmpdir(), 'smestat-browser-'));
  const options = { executablePath: CHROMIUM, headless: true, args: OPTIONS, userDataDir: profile };
  const browser = await puppeteer.launch(options);
  return {
    // Opens a page: {page, complaints, close}. Complaints gather what a good page never causes: errors and warnings in
    // the console, exceptions, violations of the policy, failed requests, and requests to another origin than its own
    // and those in `others`.
    async open(url, { width = 1024, height = 800, languages = ['en-US'], scheme = 'light', others = [] } = {}) {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      const complaints = [];
      page.setDefaultTimeout(WAIT_MS);
      page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
      page.on('console', (message) => {
        const type = message.type();
        if (['error', 'warn', 'assert'].includes(type)) complaints.push(`${type}: ${message.text()}`);
      });
      page.on('requestfailed', (request) => {
        complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`);
      });
      page.on('request', (request) => {
        if (![new URL(url).origin, ...others].includes(new URL(request.url()).origin)) {
          complaints.push(`elsewhere: ${request.url()}`);
        }
      });
      await page.evaluateOnNewDocument((tags) => {
        Object.defineProperty(navigator, 'languages', { get: () => tags });
        Object.defineProperty(navigator, 'language', { get: () => tags[0] });
        document.addEventListener('securitypolicyviolation', (event) =>
          console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
      }, languages);
      await page.setViewport({ width, height });
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.goto(url, { waitUntil: 'load' });
      return { page, complaints, close: () => context.close() };
    },
    async stop() {
      await browser.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

// Presses Tab until the element that has the focus pleases `wanted`, a function that runs in the page.
export async function tabTo(page, wanted, value, limit = 300) {
  for (let i = 0; i < limit; i++) {
    if (await page.evaluate(wanted, value)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`no ${value} within ${limit} presses of Tab`);
}
