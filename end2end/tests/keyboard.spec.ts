// Without a mouse: the palette, the keyboard map, and how to be rid of it.
import { expect, test } from '@playwright/test';
import { Api } from './api.mjs';
import { askFor, awake } from './keyboard.js';
import { Portal } from './portal.js';

test.beforeAll(async () => {
  const { MIDSPAN_URL: url, MIDSPAN_DATA: data } = process.env;
  await new Api(url!, data!).readyRedis();
});

test('from the palette to a ready database', async ({ page }) => {
  const portal = new Portal(page, true);
  await page.goto('/');
  await awake(portal);
  await page.keyboard.press('Control+k');
  const field = page.getByRole('combobox', { name: /^Search/ });
  await expect(field).toBeFocused();
  await page.keyboard.type('request postg');
  await expect(page.getByRole('option', { selected: true })).toContainText('Request PostgreSQL database');
  await page.keyboard.press('Enter');
  await askFor(portal, 'orders-keys', () => page.keyboard.press('Control+Enter'));
  await page.keyboard.press('h');
  await expect(page).toHaveURL(/orders-keys\/history$/);
  await awake(portal);
  await page.keyboard.press('o');
  await expect(page).toHaveURL(/orders-keys$/);
});

test('the palette says where one is in it, and gives the focus back', async ({ page }) => {
  await page.goto('/r/default/redis/sessions');
  await awake(new Portal(page, true));
  const trigger = page.getByRole('banner').getByRole('link', { name: 'Search' });
  await trigger.focus();
  await page.keyboard.press('Enter');
  const field = page.getByRole('combobox', { name: /^Search/ });
  const chosen = page.getByRole('option', { selected: true });
  await expect(page.getByRole('group', { name: 'This page' })).toBeVisible();
  await expect(chosen).toHaveCount(1);
  const first = await chosen.getAttribute('id');
  await expect(field).toHaveAttribute('aria-activedescendant', first!);
  await page.keyboard.press('ArrowDown');
  await expect(chosen).not.toHaveAttribute('id', first!);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await expect(field, 'from the first to the last').toHaveAttribute(
    'aria-activedescendant',
    (await page.getByRole('option').last().getAttribute('id'))!,
  );
  await page.keyboard.press('Escape');
  await expect(field).toBeHidden();
  await expect(trigger).toBeFocused();

  await page.keyboard.press('.');
  await expect(field).toHaveValue('>');
  await page.keyboard.type('run again');
  // whoever is faster than the answer gets what they typed
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status').filter({ hasText: /run again|runs once/ })).toBeVisible();
});

test('a theme is chosen in the palette, and words that fit nothing are told', async ({ page }) => {
  await page.goto('/catalog');
  await awake(new Portal(page, true));
  await page.keyboard.press('Control+k');
  await page.keyboard.type('dark theme');
  await expect(page.getByRole('option', { selected: true })).toContainText('Dark theme');
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('>no-such-thing');
  await expect(page.getByText('Nothing fits “>no-such-thing”.')).toBeVisible();
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox')).toBeHidden();
});

test('letters lead through the portal, and never while somebody types', async ({ page }) => {
  const portal = new Portal(page, true);
  await page.goto('/');
  await awake(portal);
  await page.keyboard.press('g');
  await page.keyboard.press('r');
  await expect(portal.heading('Resources')).toBeVisible();
  await awake(portal);
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.keyboard.type('ghj');
  await expect(page.getByRole('searchbox')).toHaveValue('ghj');
  await expect(page).toHaveURL(/\/resources$/);
  await page.getByRole('searchbox').fill('');
  await portal.heading('Resources').click();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  const first = page.getByRole('main').locator('.row-link').first();
  await expect(first).toBeFocused();
  const name = await first.textContent();
  await page.keyboard.press('Enter');
  await expect(portal.heading(name!)).toBeVisible();
  await awake(portal);
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet.getByText('Next failed step')).toBeVisible();
  await page.keyboard.press('h');
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await expect(portal.heading(name!), 'no key reached the page beneath').toBeVisible();
});

test('letters are turned off on one’s own page', async ({ page }) => {
  const portal = new Portal(page, true);
  await page.goto('/me');
  await page.getByRole('button', { name: 'Turn single-letter keys off' }).click();
  const on = page.getByRole('button', { name: 'Turn single-letter keys on' });
  await expect(on).toBeVisible();
  await awake(portal);
  for (const key of ['g', 'r', '?', '/']) await page.keyboard.press(key);
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox'), 'what needs more than a letter stays').toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(/\/me$/);
  await on.click();
  await expect(page.getByRole('button', { name: 'Turn single-letter keys off' })).toBeVisible();
});
