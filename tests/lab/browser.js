// Drives the real Chromium for a test, by playwright-core.
//
//   node browser.js PROFILE URL <STEPS
//
// PROFILE is a folder of its own; STEPS a JSON list, done in order:
//   {"type": "text"}             types as a keyboard does
//   {"press": "Tab"}             presses a key
//   {"wait": "text"}             until the page shows the text
//   {"shot": "FILE", "scheme": "dark", "width": 360}   a picture of the page
//   {"goto": "URL"}
//   {"accept": "de"}           the language that the browser asks for from now on
//   {"fits": [320, 1280], "with": [["title", "message"]]}   nothing reaches out of the page at these widths,
//                              with none of these words in its heading and paragraph either
//   {"click": "SELECTOR"}, {"fill": "SELECTOR", "with": "text"}, {"upload": "SELECTOR", "file": "FILE"}
//   {"download": "SELECTOR", "to": "FILE"}    clicks, and keeps what comes
//   {"run": ["PROGRAM", "ARGUMENT"]}          something that happens while the page is open
// With POLICIES_ALONE in the environment only policies name the hosts that get a Kerberos token.
// Prints JSON: {url, text, focus, foreign}: the page's address and text, what has the focus, and
// requests that went to other hosts than those of the test.
const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { chromium } = require('playwright-core');

const LIMIT = 20000;
const [profile, url] = process.argv.slice(2);
const steps = readFileSync(0, 'utf8');

// In the page: what reaches out of it sideways, or out of its own element, as it is and with other words.
function reachesOut(words) {
  const found = [];
  const look = (what) => {
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) found.push(`the page with ${what}`);
    for (const element of document.querySelectorAll('main, main *:not(script, option), footer, footer *')) {
      const box = element.getBoundingClientRect();
      if (box.width === 0) continue;
      const out = box.left < -0.5 || box.right > root.clientWidth + 0.5;
      const block = getComputedStyle(element).display !== 'inline' && element.tagName !== 'INPUT';
      if (out || (block && element.scrollWidth > element.clientWidth + 1)) {
        found.push(`${element.tagName} with ${what}`);
      }
    }
  };
  look(document.title);
  const [title, message] = [document.querySelector('h1'), document.querySelector('main p:not(.eyebrow)')];
  for (const [one, other] of words) {
    title.textContent = one;
    if (message) message.textContent = other;
    look(one);
  }
  return found;
}

async function run() {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
      '--disable-background-networking', '--disable-component-update',
      ...(process.env.POLICIES_ALONE ? [] : ['--auth-server-allowlist=*.corp.example']),
    ],
  });
  const foreign = [];
  context.on('request', (request) => {
    const host = new URL(request.url()).hostname;
    if (!host.endsWith('.corp.example') && !host.startsWith('127.') && host !== 'localhost' && request.url().startsWith('http')) {
      foreign.push(request.url());
    }
  });
  try {
    const page = context.pages()[0] ?? await context.newPage();
    page.setDefaultTimeout(LIMIT);
    await page.goto(url, { timeout: LIMIT });
    for (const step of JSON.parse(steps)) {
      if (step.type !== undefined) {
        await page.keyboard.type(step.type);
      } else if (step.press !== undefined) {
        await page.keyboard.press(step.press);
      } else if (step.goto !== undefined) {
        await page.goto(step.goto, { timeout: LIMIT });
      } else if (step.accept !== undefined) {
        await context.setExtraHTTPHeaders({ 'accept-language': step.accept });
      } else if (step.fits !== undefined) {
        for (const width of step.fits) {
          await page.setViewportSize({ width, height: 720 });
          const wide = await page.evaluate(reachesOut, step.with ?? []);
          if (wide.length > 0) throw new Error(`${page.url()} at ${width}: ${wide.join('; ')}`);
        }
      } else if (step.click !== undefined) {
        await page.click(step.click);
      } else if (step.fill !== undefined) {
        await page.fill(step.fill, step.with);
      } else if (step.upload !== undefined) {
        await page.setInputFiles(step.upload, step.file);
      } else if (step.download !== undefined) {
        const coming = page.waitForEvent('download');
        await page.click(step.download);
        await (await coming).saveAs(step.to);
      } else if (step.run !== undefined) {
        execFileSync(step.run[0], step.run.slice(1), { timeout: LIMIT });
      } else if (step.shot !== undefined) {
        await page.emulateMedia({ colorScheme: step.scheme ?? 'light' });
        await page.setViewportSize({ width: step.width ?? 1024, height: 720 });
        await page.screenshot({ path: step.shot, fullPage: step.whole ?? false });
      } else {
        await page.waitForFunction((text) => document.body?.innerText.includes(text), step.wait);
      }
    }
    const focus = await page.evaluate(() => document.activeElement?.id ?? '');
    const text = await page.evaluate(() => document.body.innerText);
    process.stdout.write(JSON.stringify({ url: page.url(), text, focus, foreign }));
  } finally {
    await context.close();
  }
}

run().catch((error) => {
  console.error(error);
  process.exit(1);
});
