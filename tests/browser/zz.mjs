import { readFileSync, writeFileSync } from 'node:fs';
import { launch, newPage, openNotebook, setCells, outputs, command, idle } from './page.mjs';
import { plainServer } from './plain.mjs';
const file = new URL('../language/variables.md', import.meta.url).pathname;
const md = readFileSync(file, 'utf8');
const host = await plainServer(); const browser = await launch(); const page = await newPage(browser);
await openNotebook(page, 'tour.ipynb', host.url);
const pieces = [...md.matchAll(/```sql\n([^]*?)```\n```text\n([^]*?)```/g)];
let out = md, bad = 0;
const one = async source => {
  await setCells(page, [source]);
  await page.evaluate(() => { window.notebook().content.activeCellIndex = 0; });
  await command(page, 'notebook:run-cell').catch(() => undefined);
  await idle(page);
  const [cell] = await outputs(page);
  return cell.outputs.map(o => o.output_type === 'error' ? o.traceback.join('\n').replace(/\x1b\[[0-9;]*m/g, '') : o.data['text/plain']).join('\n');
};
await one('milvus://memory');
for (const [whole, sql, text] of pieces) {
  const shown = (await one(sql.trimEnd())).split('\n').map(l => l.replace(/, [\d.,]+ m?s in this tab$/, '').replace(/ \(?[\d.,]+ m?s.*$/, '').trimEnd()).join('\n') + '\n';
  if (text === '') { out = out.replace(whole, () => '```sql\n' + sql + '```\n```text\n' + shown + '```'); console.log('NEW\n' + sql + '---\n' + shown); }
  else if (text !== shown) { bad++; if (bad < 6) console.log('DIFF\n' + sql + '--- expected\n' + text + '--- got\n' + shown); }
}
console.log('bad', bad);
writeFileSync('/tmp/variables.md', out);
await browser.close(); await host.off();
