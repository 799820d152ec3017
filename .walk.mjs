import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
const url = readFileSync('/tmp/dw.log','utf8').match(/http:\/\/127\S+token=\S+/)[0];
const [title, phone, theme] = process.argv.slice(2);
const b = await chromium.launch({ executablePath:'/usr/bin/chromium', args:['--no-sandbox','--disable-gpu','--disable-quic','--no-first-run','--disable-background-networking'] });
const c = await b.newContext({ viewport: phone==='phone'?{width:390,height:844}:{width:1280,height:800}, colorScheme: theme??'light' });
import fs from 'node:fs';
if (fs.existsSync('/tmp/cookies.json')) await c.addCookies(JSON.parse(fs.readFileSync('/tmp/cookies.json')));
const p = await c.newPage();
p.on('console', m=>['error','warning'].includes(m.type())&&console.log('CONSOLE',m.text()));
p.on('pageerror', e=>console.log('ERR',e.stack));
await p.goto(fs.existsSync('/tmp/cookies.json') ? url.split('?')[0] : url);
fs.writeFileSync('/tmp/cookies.json', JSON.stringify(await c.cookies()));
await p.locator('.party').first().waitFor();
await p.waitForTimeout(800);
await p.screenshot({path:`/tmp/t0.png`});
if (title) {
 await p.getByRole('button',{name:'Tours',exact:true}).click();
 await p.waitForTimeout(200);
 await p.screenshot({path:`/tmp/t1.png`});
 await p.getByRole('button',{name:`Take the tour: ${title}`,exact:true}).click();
 const panel=p.locator('aside.tour');
 let n=2;
 while(await panel.isVisible()){
  console.log(new Date().toISOString().slice(14,23), await panel.getByRole('heading').textContent());
  const act=panel.locator('.buttons .button-primary'); const on=panel.getByRole('button',{name:/^(Next|End the tour)$/});
  await act.first().waitFor();
  if(!(await on.isVisible())) await act.click();
  const bad=panel.locator('.notice-bad');
  try { await on.or(bad).waitFor({timeout:40000}); } catch(e){ console.log('STUCK', await panel.innerText()); await p.screenshot({path:`/tmp/stuck.png`}); break; }
  if(await bad.isVisible()) { console.log('BAD', await bad.textContent()); await p.screenshot({path:'/tmp/stuck.png'}); break; }
  await p.waitForTimeout(500);
  await p.screenshot({path:`/tmp/t${n++}.png`});
  await on.click(); await p.waitForTimeout(100);
 }
}
await b.close();
