// A page that stands open: it fetches itself when something happened, and only then.
import { expect, test } from '@playwright/test';
import { Api } from './api.mjs';

const ADDRESS = '/apis/data.example.com/v1/namespaces/default/redises/sessions';

test('a page listens from what it was drawn from, and follows without a reload', async ({ page }) => {
  const api = new Api(process.env.MIDSPAN_URL!, process.env.MIDSPAN_DATA!);
  await api.readyRedis();
  let fetches = 0;
  page.on('request', (request) => {
    if (request.url().endsWith('/r/default/redis/sessions')) fetches += 1;
  });
  const listens = page.waitForResponse((answer) => /\/events\?topics=.*&since=\d+$/.test(answer.url()));
  await page.goto('/r/default/redis/sessions');
  expect((await listens).ok()).toBe(true);
  expect(fetches, 'nothing has happened since the page was drawn').toBe(1);

  const refreshed = page.waitForRequest((request) => request.url().endsWith('/r/default/redis/sessions'));
  await page.evaluate(() => document.body.setAttribute('data-same-page', ''));
  const stored = await api.ask('GET', ADDRESS);
  stored.spec.size = stored.spec.size === 'medium' ? 'small' : 'medium';
  await api.ask('PUT', ADDRESS, stored);
  await refreshed;
  await expect(page.getByText(/^Size changed from /).first()).toBeVisible();
  await expect(page.locator('body[data-same-page]')).toHaveCount(1);
});
