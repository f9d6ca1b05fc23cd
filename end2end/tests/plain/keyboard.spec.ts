// Without a mouse and without JavaScript: the search page leads to the form, buttons lead on.
import { expect, test } from '@playwright/test';
import { askFor, tabTo } from '../keyboard.js';
import { Portal } from '../portal.js';

test('from the search page to a ready database', async ({ page }) => {
  const portal = new Portal(page, false);
  await page.goto('/');
  await tabTo(page, page.getByRole('banner').getByRole('link', { name: 'Search' }));
  await page.keyboard.press('Enter');
  await expect(portal.heading('Search')).toBeVisible();
  await tabTo(page, page.getByRole('searchbox'));
  await page.keyboard.type('postgres');
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('main').getByRole('link', { name: 'PostgreSQL database' }));
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('main').getByRole('link', { name: 'Request', exact: true }));
  await page.keyboard.press('Enter');
  await askFor(portal, 'orders-tabs', async (button) => {
    await tabTo(page, page.getByRole('main').getByRole('button', { name: button }).last());
    await page.keyboard.press('Enter');
  });
  await page.goto('/search?q=orders-tabs');
  await expect(page.getByRole('main').getByRole('link', { name: 'orders-tabs' }).first()).toBeVisible();
});

test('the keyboard map is a page, and letters are turned off by a form', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('link', { name: 'Keyboard shortcuts' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Keyboard shortcuts' })).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'on your own page' }).click();
  await page.getByRole('button', { name: 'Turn single-letter keys off' }).click();
  await page.getByRole('button', { name: 'Turn single-letter keys on' }).click();
  await expect(page.getByRole('button', { name: 'Turn single-letter keys off' })).toBeVisible();
});
