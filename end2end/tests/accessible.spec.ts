// Every page, light, dark and in forced colours: nothing that axe objects to, no error in the console, one heading of the first level.
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { Api } from './api.mjs';
import { PAGES, STATES } from './pages.mjs';

test.beforeAll(async () => {
  const { MIDSPAN_URL: url, MIDSPAN_DATA: data } = process.env;
  const dana = new Api(url!, data!);
  await dana.readyRedis();
  await new Api(url!, data!, 'platform').offerTents();
  await dana.pitchTent('leaning', 2);
  await dana.pitchTent('leaning', 1);
});

type Scene = [name: string, show: (page: Page) => Promise<unknown>];
const SCENES: Scene[] = [
  ...PAGES.map(([name, path]): Scene => [name, (page) => page.goto(path)]),
  ...(STATES as Scene[]),
];

const LOOKS = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['forced colours', { colorScheme: 'dark', contextOptions: { forcedColors: 'active' } }],
] as const;

for (const [look, options] of LOOKS) {
  test.describe(look, () => {
    test.use(options);
    for (const [name, show] of SCENES) {
      test(`${name} is accessible`, async ({ page }) => {
        const errors: string[] = [];
        page.on('pageerror', (error) => errors.push(error.message));
        page.on('console', (message) => {
          // A page that answers 404 or 422 is meant to; anything else that is missing is not.
          const isAnswer = message.location().url === page.url();
          if (message.type() === 'error' && !isAnswer) errors.push(`${message.text()} ${message.location().url}`);
        });
        await show(page);
        await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
        expect(errors).toEqual([]);
      });
    }
  });
}

// 720 is what a screen of 1440 has at a zoom of 200 %
for (const width of [390, 720]) {
  test(`a screen of ${width} never scrolls sideways`, async ({ page }) => {
    await page.setViewportSize({ width, height: 844 });
    for (const [name, path] of PAGES) {
      await page.goto(path);
      const { scrollWidth, clientWidth } = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return { scrollWidth, clientWidth };
      });
      expect(scrollWidth, name).toBeLessThanOrEqual(clientWidth);
    }
  });
}

test.describe('reduced motion', () => {
  test.use({ contextOptions: { reducedMotion: 'reduce' } });
  test('nothing moves', async ({ page }) => {
    for (const path of ['/_ui', '/', '/r/default/redis/sessions']) {
      await page.goto(path);
      expect(await page.evaluate(() => document.getAnimations().length), path).toBe(0);
    }
  });
});
