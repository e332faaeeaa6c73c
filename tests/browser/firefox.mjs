// Firefox as the system has it, driven by WebDriver BiDi: Playwright has a Firefox of its own,
// which is in no registry.

import { createRequire } from 'node:module';

const require = createRequire(new URL('../../jupyterlite/package.json', import.meta.url));
const { firefox } = require('playwright-core');

/** Playwright asks for it whenever a page is made; this Firefox has it not yet. */
const NOT_YET = 'emulation.setMediaFeaturesOverride';

const HOW = {
  channel: 'moz-firefox',
  executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr'
};

/** `prefs` are those of about:config. */
export async function launchFirefox(prefs = {}) {
  const browser = await firefox.launch({ ...HOW, firefoxUserPrefs: prefs });
  withoutWhatIsNotYet(browser._connection.toImpl(browser));
  return browser;
}

/** With a profile that stays, and a way to kill it. */
export async function launchFirefoxIn(profile) {
  // a context of its own asks for it at once: by then a first browser has told how not to
  taught ??= launchFirefox().then(browser => browser.close());
  await taught;
  const context = await firefox.launchPersistentContext(profile, { ...HOW, viewport: null });
  const browser = context._connection.toImpl(context)._browser;
  return { context, kill: () => browser.options.browserProcess.kill() };
}

let taught;

function withoutWhatIsNotYet(browser) {
  const session = Object.getPrototypeOf(browser._browserSession);
  const send = session.send;
  session.send = function (method, params) {
    return method === NOT_YET ? Promise.resolve({}) : send.call(this, method, params);
  };
}
