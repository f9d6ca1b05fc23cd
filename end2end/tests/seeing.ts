// Seeing what hangs together: the graph, what differs, lists that one comes back to, the fleet. With JavaScript or without.
import { expect, test } from '@playwright/test';
import { Api } from './api.mjs';
import { Portal } from './portal.js';

export function seeing(name: string) {
  test.describe.configure({ mode: 'serial' });

  test.beforeAll(async () => {
    const { MIDSPAN_URL: url, MIDSPAN_DATA: data } = process.env;
    await new Api(url!, data!, 'platform').offerTents();
    const dana = new Api(url!, data!);
    await dana.pitchTent(name, 4);
    await dana.pitchTent(name, 5);
    await dana.pitchTent(name, 6);
  });

  test('the graph leads to what it draws, and its table says the same', async ({ page, javaScriptEnabled }) => {
    const portal = new Portal(page, javaScriptEnabled);
    await portal.actAs('dana');
    await page.goto(`/r/default/tent/${name}`);
    await portal.tab('Graph');
    const graph = page.getByRole('region', { name: `Graph of ${name}` });
    await expect(graph.getByRole('link', { name: /^dev, Destination, Written/ })).toBeVisible();
    const table = page.getByRole('table', { name: 'Everything in the graph' });
    await expect(table.getByRole('row').filter({ hasText: 'ConfigMap' })).toContainText('stands on dev');
    await table.getByRole('row').filter({ hasText: 'render' }).getByRole('link', { name: 'Focus' }).click();
    await expect(page).toHaveURL(/focus=step/);
    await expect(page.getByText('The way through render is drawn out.')).toBeVisible();

    const tools = page.getByRole('group', { name: 'Size of the picture' });
    if (!javaScriptEnabled) {
      await expect(tools).toBeHidden();
    } else {
      const width = async () => (await graph.locator('svg').boundingBox())!.width;
      await tools.getByRole('button', { name: '100 %' }).click();
      const before = await width();
      await tools.getByRole('button', { name: 'Larger' }).click();
      await expect.poll(width).toBeGreaterThan(before);
      await graph.focus();
      await page.keyboard.press('0');
      await expect.poll(width).toBe(before);
    }
    await graph.getByRole('link', { name: /^render/ }).click();
    await expect(page).toHaveURL(/\/runs\//);
  });

  test('any two revisions are compared, in one column or two', async ({ page, javaScriptEnabled }) => {
    const portal = new Portal(page, javaScriptEnabled);
    await portal.actAs('dana');
    await page.goto(`/r/default/tent/${name}/history`);
    const settings = page.getByRole('region', { name: 'Changes in Settings' });
    await expect(settings.locator('del')).toHaveText('5');
    await expect(settings.locator('ins')).toHaveText('6');
    await page.getByLabel('From').selectOption('1');
    await page.getByRole('button', { name: 'Compare' }).click();
    await expect(page).toHaveURL(/from=1&to=3/);
    await expect(settings.locator('del')).toHaveText('4');
    await page.getByRole('link', { name: 'Split' }).click();
    await expect(page).toHaveURL(/view=split/);
    const cells = settings.getByRole('row').filter({ has: page.locator('del') }).getByRole('cell');
    await expect(cells.filter({ hasText: 'pegs' })).toHaveText(['pegs: 4', 'pegs: 6']);
    await page.goto(`/r/default/tent/${name}/history?from=1&to=77`);
    await expect(page.getByText(/There is no revision 77/)).toBeVisible();
  });

  test('a list is narrowed, saved under a name, renamed and deleted', async ({ page, javaScriptEnabled }) => {
    const portal = new Portal(page, javaScriptEnabled);
    await portal.actAs('dana');
    await portal.open('Resources');
    await page.getByLabel('Promise', { exact: true }).selectOption('tent');
    await page.getByRole('button', { name: 'Apply' }).click();
    const row = page.getByRole('row').filter({ hasText: name });
    await expect(row).toBeVisible();
    await page.getByText('More filters').click();
    await page.getByLabel('Labels').fill('no-such-label');
    await page.getByRole('button', { name: 'Apply' }).click();
    await expect(page.getByText('Nothing matches')).toBeVisible();
    await page.getByRole('link', { name: /^Label: no-such-label/ }).click();
    await expect(row).toBeVisible();

    await page.getByText('Save this view').click();
    await page.getByLabel('Name of the view').fill(`Tents ${name}`);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.goto('/resources');
    const views = page.getByRole('navigation', { name: 'Saved views' });
    await views.getByRole('link', { name: `Tents ${name}` }).click();
    await expect(page).toHaveURL(/promise=tent/);
    await page.getByText('Edit views').click();
    await page.getByLabel(`New name of Tents ${name}`).fill(`Camp ${name}`);
    await page.getByRole('button', { name: 'Rename' }).last().click();
    await expect(views.getByRole('link', { name: `Camp ${name}` })).toBeVisible();
    await page.getByText('Edit views').click();
    const own = page.getByRole('listitem').filter({ has: page.getByLabel(`New name of Camp ${name}`) });
    await own.getByRole('button', { name: 'Delete' }).click();
    await expect(page.getByText('The view is deleted.')).toBeVisible();
    await expect(views.getByRole('link', { name: `Camp ${name}` })).toHaveCount(0);

    await page.goto('/resources?group=promise');
    await page.getByRole('link', { name: /^All \d+ resource/ }).first().click();
    await expect(page).toHaveURL(/promise=/);
  });

  test('the fleet leads to those it counts, and a promise is tried without making anything', async ({
    page,
    javaScriptEnabled,
  }) => {
    const portal = new Portal(page, javaScriptEnabled);
    await portal.actAs('paul');
    await portal.open('Platform');
    const fleet = page.getByRole('table', { name: 'Resources by promise, version and state' });
    const tents = fleet.getByRole('rowgroup').filter({ hasText: 'Tent' });
    await tents.getByRole('link', { name: /ready$/ }).first().click();
    await expect(page).toHaveURL(/promise=tent.*state=ready|state=ready.*promise=tent/);
    await expect(page.getByRole('row').filter({ hasText: name })).toBeVisible();
    await page.goto('/platform');
    await fleet.getByRole('link', { name: 'Tent' }).click();
    await expect(page.getByRole('heading', { name: 'Definition' })).toBeVisible();
    await expect(page.getByText('It has no owner')).toBeVisible();
    await portal.field('Pegs').fill('9');
    await page.getByRole('button', { name: 'Try these inputs' }).last().click();
    await expect(page.getByRole('heading', { name: 'What these inputs lead to' })).toBeVisible();
    await expect(page.getByRole('region', { name: /^Changes in .*tent\.yaml/ })).toContainText('ConfigMap');
    await portal.actAs('dana');
    await page.goto('/platform/promises/tent');
    await expect(page.getByRole('heading', { name: 'Definition' })).toHaveCount(0);
  });
}
