// The portal in the words of those who use it. Every locator of the walkthroughs is here.
import { expect, type Locator, type Page } from '@playwright/test';

export class Portal {
  constructor(
    readonly page: Page,
    /** Whether pages can change by themselves. */
    readonly scripting: boolean,
  ) {}

  /** Becomes one of the personas of `--dev`. */
  async actAs(name: 'dana' | 'paul') {
    await this.page.goto('/');
    const persona = this.page.getByRole('button', { name: new RegExp(`^${name}\\b`, 'i') });
    if ((await persona.getAttribute('aria-pressed')) !== 'true') await persona.click();
    await expect(persona).toHaveAttribute('aria-pressed', 'true');
  }

  async open(section: 'Catalog' | 'Resources' | 'Runs' | 'Platform') {
    await this.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: section }).click();
    await expect(this.heading(section)).toBeVisible();
  }

  heading(name: string | RegExp): Locator {
    return this.page.getByRole('heading', { level: 1, name });
  }

  async choose(promise: string) {
    await this.page.getByRole('main').getByRole('link', { name: promise }).first().click();
    await expect(this.heading(promise)).toBeVisible();
  }

  async startRequest() {
    await this.page.getByRole('main').getByRole('link', { name: 'Request', exact: true }).click();
    await expect(this.page).toHaveURL(/\/new/);
  }

  /** A text field or choice of the form. */
  field(label: string): Locator {
    return this.page.getByRole('main').getByLabel(new RegExp(`^${label}( optional| required)?$`));
  }

  async toThePlan() {
    await this.page.getByRole('button', { name: 'See the plan' }).click();
  }

  get errorSummary(): Locator {
    return this.page.getByRole('alert').filter({ has: this.page.getByRole('link') });
  }

  async expectPlan() {
    await expect(this.page).toHaveURL(/\/requests\/[^/#]+(#.*)?$/);
    await expect(this.page.getByRole('heading', { level: 1 })).toBeVisible();
  }

  async submit() {
    await this.page.getByRole('button', { name: 'Submit' }).click();
  }

  async expectResource(promise: string, name: string) {
    await expect(this.page).toHaveURL(new RegExp(`/r/default/${promise}/${name}$`));
    await expect(this.heading(name)).toBeVisible();
  }

  /** Waits until the page says that what was asked is placed: by itself where scripting is on, else by loading it again. */
  async becomesReady() {
    const main = this.page.getByRole('main');
    await expect(async () => {
      if (!this.scripting) await this.page.reload();
      await expect(main.getByText('Synced', { exact: true }).first()).toBeVisible({ timeout: 500 });
      await expect(main.getByText('Succeeded', { exact: true }).first()).toBeVisible({ timeout: 500 });
    }).toPass({ timeout: 30_000 });
  }

  /** The one word beside a resource's name. */
  get state(): Locator {
    return this.page.locator('[data-live="state"]');
  }

  /** Waits until this is the one word beside a resource's name. */
  async standsAs(word: string) {
    await expect(async () => {
      if (!this.scripting) await this.page.reload();
      await expect(this.state).toHaveText(word, { timeout: 500 });
    }).toPass({ timeout: 30_000 });
  }

  /** Waits until the page says that the resource is gone. */
  async isGone(name: string) {
    await expect(async () => {
      if (!this.scripting) await this.page.reload();
      await expect(this.page).toHaveTitle(`Deleted: ${name} · Midspan`, { timeout: 500 });
    }).toPass({ timeout: 30_000 });
    await expect(this.heading(name)).toBeVisible();
  }

  async tab(name: 'Overview' | 'Graph' | 'Files' | 'History') {
    await this.page.getByRole('navigation', { name: 'Resource' }).getByRole('link', { name }).click();
  }

  async edit() {
    await this.page.getByRole('main').getByRole('link', { name: 'Edit', exact: true }).click();
    await expect(this.page).toHaveURL(/\/edit$/);
  }

  async delete() {
    await this.page.getByRole('main').getByRole('link', { name: 'Delete', exact: true }).click();
    await expect(this.page).toHaveURL(/\/delete$/);
  }

  /** Types a name and confirms. */
  async confirmDelete(name: string) {
    await this.page.getByRole('main').getByLabel(/^Type /).fill(name);
    await this.page.getByRole('main').getByRole('button', { name: 'Delete for good' }).click();
  }
}
