// How the system's own Chromium is started, for the tests and for the screenshots.
const isRoot = process.getuid?.() === 0;

export const chromium = {
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: [
    // Chromium's own sandbox refuses to run as root.
    ...(isRoot ? ['--no-sandbox'] : []),
    // Pages come from 127.0.0.1; nothing else is to be asked for.
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-dev-shm-usage',
    '--force-color-profile=srgb',
  ],
};
