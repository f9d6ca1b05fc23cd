// Every page in three widths, light and dark, into results/screenshots. `node screenshots.mjs [PAGE …]`
import { chromium as browsers } from '@playwright/test';
import { mkdirSync } from 'node:fs';
import { chromium } from './chromium.mjs';
import { startServer } from './midspan.mjs';
import { Api } from './tests/api.mjs';
import { PAGES, STATES } from './tests/pages.mjs';

const WIDTHS = [1440, 1024, 390];
const directory = 'results/screenshots';
const SCENES = [...PAGES.map(([name, path]) => [name, (page) => page.goto(path)]), ...STATES];
const wanted = process.argv.slice(2);

mkdirSync(directory, { recursive: true });
const server = await startServer();
const browser = await browsers.launch(chromium);
try {
  await new Api(server.url, server.data).readyRedis();
  for (const colorScheme of ['light', 'dark']) {
    for (const width of WIDTHS) {
      const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 }, baseURL: server.url });
      for (const [name, show] of SCENES.filter(([name]) => !wanted.length || wanted.includes(name))) {
        await show(page);
        await page.screenshot({ path: `${directory}/${name}-${width}-${colorScheme}.png`, fullPage: true });
      }
      await page.close();
    }
  }
} finally {
  await browser.close();
  await server.stop();
}
console.log(`end2end/${directory}`);
