// What comes after the first day: running again, following a form, what is gone, the platform's own page. With JavaScript or without.
import { expect, test } from '@playwright/test';
import { Api } from './api.mjs';
import { Portal } from './portal.js';

export function dayTwo(name: string) {
  test.describe.configure({ mode: 'serial' });

  test.beforeAll(async () => {
    await new Api(process.env.MIDSPAN_URL!, process.env.MIDSPAN_DATA!).readyRedis(name);
  });

  test('running again leaves its trace', async ({ page, javaScriptEnabled }) => {
    const portal = new Portal(page, javaScriptEnabled);
    await portal.actAs('dana');
    await page.goto(`/r/default/redis/${name}`);
    await expect(portal.state).toHaveText('Ready');
    await page.getByRole('button', { name: 'Run again' }).click();
    await expect(page.getByRole('status').filter({ hasText: 'Asked to run again' })).toBeVisible();
    await expect(page.getByText('Asked to run again', { exact: true }).first()).toBeVisible();
    await portal.open('Runs');
    await expect(page.getByText('Asked to run again by dana').first()).toBeVisible();
    await page.goto(`/r/default/redis/${name}`);
    await expect(page.getByRole('status').filter({ hasText: 'Asked to run again' })).toHaveCount(0);
  });

  test('the form shows itself as code, and what belongs to a choice', async ({ page, javaScriptEnabled }) => {
    await page.goto('/catalog/postgresql/new');
    const code = page.getByRole('region', { name: 'As code' });
    const schedule = page.getByText('Base backups', { exact: true });
    await expect(schedule).toBeHidden();
    await new Portal(page, javaScriptEnabled).field('Name').fill('followed');
    await new Portal(page, javaScriptEnabled).field('Team').fill('checkout');
    await page.getByLabel('Take backups').check();
    if (!javaScriptEnabled) await page.getByRole('button', { name: 'Show as code' }).click();
    await expect(code).toContainText('name: followed');
    await expect(code).toContainText('team: checkout');
    await expect(schedule).toBeVisible();
    await page.getByLabel('Every week').check();
    if (!javaScriptEnabled) await page.getByRole('button', { name: 'Show as code' }).click();
    await expect(code).toContainText('schedule: weekly');
    await page.getByLabel('Take backups').uncheck();
    if (!javaScriptEnabled) await page.getByRole('button', { name: 'Show as code' }).click();
    await expect(schedule).toBeHidden();
    await expect(code).not.toContainText('schedule');
    await expect(new Portal(page, javaScriptEnabled).field('Name')).toHaveValue('followed');
  });

  test('what is deleted leaves who had it deleted, and its history', async ({ page, javaScriptEnabled }) => {
    const portal = new Portal(page, javaScriptEnabled);
    await portal.actAs('dana');
    await page.goto(`/r/default/redis/${name}`);
    await portal.delete();
    await portal.confirmDelete(name);
    await expect(page).toHaveURL(new RegExp(`/r/default/redis/${name}$`));
    await portal.isGone(name);
    await expect(page.getByText('deleted by dana')).toBeVisible();
    await page.getByRole('main').getByRole('link', { name: 'Delete', exact: true }).click();
    await expect(portal.heading(`Delete ${name}`)).toBeVisible();
    await page.goto('/resources?whose=deleted');
    await page.getByRole('link', { name, exact: true }).first().click();
    await portal.isGone(name);
  });

  test('whoever runs the platform has a page of the whole', async ({ page, javaScriptEnabled }) => {
    const portal = new Portal(page, javaScriptEnabled);
    await portal.actAs('dana');
    await expect(page.getByRole('link', { name: 'Platform', exact: true })).toHaveCount(0);
    expect((await page.request.get('/platform', { headers: { cookie: '' } })).status()).toBe(403);
    await portal.actAs('paul');
    await portal.open('Platform');
    const row = (text: string) => page.getByRole('row').filter({ hasText: text });
    await expect(row('PostgreSQL database').filter({ hasText: 'v1.0.0' }).first()).toBeVisible();
    await expect(page.getByRole('table', { name: 'Destinations' }).getByText('Ready').first()).toBeVisible();
    await portal.actAs('dana');
  });
}
