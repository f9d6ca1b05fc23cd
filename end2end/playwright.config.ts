// Three projects: `script` in Chromium as it comes, `plain` with JavaScript off, `clients` through CLI and kubectl.
import { defineConfig } from '@playwright/test';
import { chromium } from './chromium.mjs';

const BY_CLIENTS = /(cli|kubectl)\.spec\.ts$/;
const PLAIN = /plain\/.*\.spec\.ts$/;

export default defineConfig({
  testDir: 'tests',
  outputDir: 'results/traces',
  globalSetup: './server.ts',
  // One server, one database, one browser: walkthroughs follow each other.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: !!process.env.CI,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    baseURL: process.env.MIDSPAN_URL,
    launchOptions: chromium,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    viewport: { width: 1280, height: 900 },
  },
  projects: [
    { name: 'script', testIgnore: [BY_CLIENTS, PLAIN] },
    { name: 'plain', testMatch: PLAIN, use: { javaScriptEnabled: false } },
    { name: 'clients', testMatch: BY_CLIENTS },
  ],
});
