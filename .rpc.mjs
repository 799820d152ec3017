// node .rpc.mjs role method json
import { chromium } from 'playwright-core'; import fs from 'node:fs';
const origin=fs.readFileSync('/tmp/dw.log','utf8').match(/http:\/\/127[^/]+/)[0];
const cookies=JSON.parse(fs.readFileSync('/tmp/cookies.json'));
const s=await (await fetch(origin+'/session',{headers:{cookie:cookies.map(c=>c.name+'='+c.value).join('; '),'sec-fetch-site':'same-origin',origin}})).json();
const {default:WS}=await import('ws');
const [role,method,params='{}']=process.argv.slice(2);
const n=s.nodes.find(n=>n.role===role);
const ws=new WS(role==='lab'?s.laboratory:n.url,{headers:{origin,cookie:cookies.map(c=>c.name+'='+c.value).join('; ')}});
await new Promise(r=>ws.on('open',r));
let id=0; const call=(m,p)=>new Promise(r=>{const i=++id;ws.on('message',d=>{const x=JSON.parse(d);if(x.id===i)r(x)});ws.send(JSON.stringify({jsonrpc:'2.0',id:i,method:m,params:p}))});
if(n) await call('authenticate',{token:n.token});
console.log(JSON.stringify(await call(method,JSON.parse(params)),null,1).slice(0,6000)); ws.close();
