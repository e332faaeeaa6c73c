// Firefox as the system has it, driven by WebDriver BiDi: Playwright has a Firefox of its own,
// which is in no registry.

import { createRequire } from 'node:module';

const require = createRequire(new URL('../../jupyterlite/package.json', import.meta.url));
const { firefox } = require('playwright-core');

/** Playwright asks for it whenever a page is made; this Firefox has it not yet. */
const NOT_YET = 'emulation.setMediaFeaturesOverride';

/** `prefs` are those of about:config. */
export async function launchFirefox(prefs = {}) {
  const browser = await firefox.launch({
    channel: 'moz-firefox',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    firefoxUserPrefs: prefs
  });
  const session = Object.getPrototypeOf(browser._connection.toImpl(browser)._browserSession);
  const send = session.send;
  session.send = function (method, params) {
    return method === NOT_YET ? Promise.resolve({}) : send.call(this, method, params);
  };
  return browser;
}
