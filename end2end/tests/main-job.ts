// The main job, end to end: browse, ask, see the plan, get it, change it, remove it. With JavaScript or without.
import { expect, test } from '@playwright/test';
import * as gitops from './gitops.js';
import { Portal } from './portal.js';

export function mainJob(name: string) {
  test.describe.configure({ mode: 'serial' });

  test('a developer asks for a database, and gets it', async ({ page, javaScriptEnabled }) => {
    const portal = new Portal(page, javaScriptEnabled);
    await portal.actAs('dana');
    await portal.open('Catalog');
    await portal.choose('PostgreSQL database');
    await expect(page.getByRole('heading', { name: 'What you get' }).first()).toBeVisible();
    await portal.startRequest();

    await test.step('a wrong value is told where it stands, and nothing typed is lost', async () => {
      await portal.field('Name').fill(name);
      await portal.field('Team').fill('No Team!');
      await portal.field('Disk').fill('25');
      await portal.toThePlan();
      await expect(portal.errorSummary).toContainText('Use 3 to 20 lower-case letters');
      await expect(portal.field('Name')).toHaveValue(name);
      await expect(portal.field('Team')).toHaveValue('No Team!');
      await expect(portal.field('Disk')).toHaveValue('25');
      await expect(portal.field('Team')).toHaveAttribute('aria-invalid', 'true');
      await portal.errorSummary.getByRole('link').first().click();
      await expect(portal.field('Team')).toBeFocused();
    });

    await test.step('the plan shows the files before anything happens', async () => {
      await portal.field('Team').fill('checkout');
      await portal.toThePlan();
      await portal.expectPlan();
      await expect(page.getByText(/cluster\.yaml/).first()).toBeVisible();
      await expect(page.getByText(/network-policy\.yaml/).first()).toBeVisible();
      expect(gitops.files(name)).toEqual([]);
    });

    await test.step('it becomes ready and gives its outputs', async () => {
      await portal.submit();
      await portal.expectResource('postgresql', name);
      await portal.becomesReady();
      await expect(page.getByText(`${name}-rw.default.svc`, { exact: true }).first()).toBeVisible();
    });

    await test.step('the files stand in the git repository', async () => {
      expect(gitops.commits(name)).toHaveLength(1);
      expect(gitops.file(name, 'cluster.yaml')).toContain('size: "25Gi"');
      await portal.tab('Files');
      await expect(page.getByText(/cluster\.yaml/).first()).toBeVisible();
    });
  });

  test('an edit makes a second commit', async ({ page, javaScriptEnabled }) => {
    const portal = new Portal(page, javaScriptEnabled);
    await portal.actAs('dana');
    await page.goto(`/r/default/postgresql/${name}`);
    await portal.edit();
    await expect(portal.field('Disk')).toHaveValue('25');
    await portal.field('Disk').fill('50');
    await portal.toThePlan();
    await portal.expectPlan();
    await expect(page.getByText('50Gi').first()).toBeVisible();
    await portal.submit();
    await portal.expectResource('postgresql', name);
    await expect.poll(() => gitops.commits(name).length, { timeout: 20_000 }).toBe(2);
    await portal.becomesReady();
    expect(gitops.file(name, 'cluster.yaml')).toContain('size: "50Gi"');
  });

  test('a delete asks for the name, and leaves no file behind', async ({ page, javaScriptEnabled }) => {
    const portal = new Portal(page, javaScriptEnabled);
    await portal.actAs('dana');
    await page.goto(`/r/default/postgresql/${name}`);
    await portal.delete();
    await portal.confirmDelete('something-else');
    await expect(page).toHaveURL(/\/delete$/);
    expect(gitops.files(name)).not.toEqual([]);
    await portal.confirmDelete(name);
    await expect.poll(() => gitops.files(name), { timeout: 20_000 }).toEqual([]);
    await portal.isGone(name);
    expect((await page.request.get(`/r/default/postgresql/${name}`)).status()).toBe(410);
  });
}
