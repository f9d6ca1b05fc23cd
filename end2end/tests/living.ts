// A resource that lives: whether it works, what may be asked of it, where it stands and why. With JavaScript or without.
import { expect, test } from '@playwright/test';
import { Api } from './api.mjs';
import { file } from './gitops.js';
import { Portal } from './portal.js';

export function living(name: string) {
  test.describe.configure({ mode: 'serial' });

  test.beforeAll(async () => {
    const { MIDSPAN_URL: url, MIDSPAN_DATA: data } = process.env;
    await new Api(url!, data!, 'platform').offerTents();
    await new Api(url!, data!).pitchTent(name, 4);
  });

  test('what does not work is told wherever it is listed', async ({ page, javaScriptEnabled }) => {
    const portal = new Portal(page, javaScriptEnabled);
    const api = new Api(process.env.MIDSPAN_URL!, process.env.MIDSPAN_DATA!);
    await portal.actAs('dana');
    await page.goto(`/r/default/tent/${name}`);
    await expect(portal.state).toHaveText('Ready');
    await api.pitchTent(name, 1);
    await portal.standsAs('Degraded');
    await expect(page.getByText('1 of 4 pegs hold').first()).toBeVisible();

    await page.goto('/resources');
    await page.getByLabel('State').selectOption('degraded');
    await page.getByRole('button', { name: 'Apply' }).click();
    const row = page.getByRole('row').filter({ hasText: name });
    await expect(row).toContainText('Degraded');
    await page.goto('/resources?state=ready');
    await expect(portal.heading('Resources')).toBeVisible();
    await expect(row).toHaveCount(0);

    await page.goto('/');
    await expect(page.getByText(`${name} is degraded`)).toBeVisible();
    await portal.actAs('paul');
    await portal.open('Platform');
    await page.getByRole('link', { name: /\d+ degraded$/ }).first().click();
    await expect(page).toHaveURL(/state=degraded/);
    await expect(row).toContainText('Degraded');
  });

  test('an action asks what it needs, and what it changed is placed', async ({ page, javaScriptEnabled }) => {
    const portal = new Portal(page, javaScriptEnabled);
    await portal.actAs('dana');
    await page.goto(`/r/default/tent/${name}`);
    await page.getByRole('main').getByRole('link', { name: 'Tighten' }).click();
    await expect(portal.heading(`Tighten: ${name}`)).toBeVisible();
    await page.getByRole('button', { name: 'Tighten' }).last().click();
    await expect(page).toHaveTitle(/^Error: /);
    await expect(portal.errorSummary).toContainText('Rope');
    await portal.field('Rope').fill('hemp');
    await page.getByRole('button', { name: 'Tighten' }).last().click();
    await expect(page).toHaveURL(new RegExp(`/r/default/tent/${name}`));
    await expect(async () => expect(file(name, 'tent.yaml')).toContain('rope: "hemp"')).toPass({ timeout: 30_000 });
    await portal.standsAs('Ready');
    await portal.tab('History');
    await expect(page.getByText('Tighten').first()).toBeVisible();
  });

  test('where it stands is explained, and a cordoned place takes nothing new', async ({ page, javaScriptEnabled }) => {
    const portal = new Portal(page, javaScriptEnabled);
    await portal.actAs('dana');
    await page.goto(`/r/default/tent/${name}`);
    await page.getByText('Why here?').click();
    await expect(page.getByRole('main')).toContainText('main asks for any destination');
    await portal.actAs('paul');
    await portal.open('Platform');
    const dev = page.getByRole('table', { name: 'Destinations' }).getByRole('row').filter({ hasText: 'dev' });
    await dev.getByRole('button', { name: 'Cordon' }).click();
    await expect(dev).toContainText('Cordoned');
    await dev.getByRole('button', { name: 'Uncordon' }).click();
    await expect(dev).not.toContainText('Cordoned');
  });
}
