// axe-core in a page: what it finds that is serious or critical.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../jupyterlite/package.json', import.meta.url));
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Each finding as a line, of what is within `include`; it fails where nothing was looked at. */
export async function findings(page, include = ['html'], exclude = []) {
  await page.evaluate(`${AXE};`);
  const { violations, isSeen } = await page.evaluate(
    async ({ include, exclude }) => {
      // JupyterLab's body has no height, and axe takes all that is in it for hidden
      document.body.style.minHeight = '100vh';
      const { violations, passes } = await window.axe.run(
        { include, exclude },
        { resultTypes: ['violations'] }
      );
      return { violations, isSeen: passes.some(({ id }) => id === 'color-contrast') };
    },
    { include, exclude }
  );
  if (violations.length === 0 && !isSeen) {
    throw new Error(`axe found no text to look at in ${include}`);
  }
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(node => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`)
    );
}
