// From a search to a ready resource without a mouse: with the palette, or without JavaScript by the search page.
import { expect, type Locator, type Page } from '@playwright/test';
import { Portal } from './portal.js';

/** Waits until the page listens to keys; without JavaScript there is nothing to wait for. */
export async function awake(portal: Portal) {
  if (portal.scripting) await expect(portal.page.locator('html[data-scripted]')).toHaveCount(1);
}

/** Goes there with the tab key, as somebody does who has no mouse. */
export async function tabTo(page: Page, target: Locator) {
  await expect(target).toBeVisible();
  const there = () => target.evaluate((element) => element === document.activeElement);
  for (let pressed = 0; pressed < 80; pressed += 1) {
    if (await there()) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('the tab key does not lead there');
}

/** The form, the plan, and the wait; `goOn` presses what leads on. */
export async function askFor(portal: Portal, name: string, goOn: (button: string) => Promise<void>) {
  const { page } = portal;
  await expect(page).toHaveURL(/\/catalog\/postgresql\/new/);
  await awake(portal);
  await tabTo(page, portal.field('Name'));
  await page.keyboard.type(name);
  await tabTo(page, portal.field('Team'));
  await page.keyboard.type('checkout');
  await goOn('See the plan');
  await portal.expectPlan();
  await awake(portal);
  await goOn('Submit');
  await portal.expectResource('postgresql', name);
  await portal.becomesReady();
}
