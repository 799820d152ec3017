import { rmSync, statSync, readFileSync } from 'node:fs';
import { sqliteStore } from '/tmp/w/B/src/store/sqlite/index.ts';
for (const f of ['', '-wal']) rmSync('/tmp/w/perf.db' + f, { force: true });
let s = await sqliteStore('/tmp/w/perf.db');
const state = 'x'.repeat(11000);
const io = () => Number(/write_bytes: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
const N = Number(process.argv[2] ?? 100000);
let t = performance.now(), b = io(), c = process.cpuUsage().user + process.cpuUsage().system;
for (let n = 0; n < N; n++) {
  await s.commit('00000000', { state: state + n, actions: [{ id: n + 1, action: 'a'.repeat(700) }], done: [n - 1], records: [{ about: `state/${n}`, text: 'r'.repeat(400) }, { about: `unit/${n}`, text: 'r'.repeat(200) }], events: ['e'.repeat(200), 'e'.repeat(200)] });
  if (n % (N / 10) === N / 10 - 1 || n === 99) { const now = performance.now(); const cpu = process.cpuUsage().user + process.cpuUsage().system; console.log(n + 1, 'ms per commit', ((now - t) / (n === 99 ? 100 : N / 10)).toFixed(3), 'cpu', ((cpu - c) / 1000 / (n === 99 ? 100 : N / 10)).toFixed(3), 'kB per commit', ((io() - b) / 1000 / (n === 99 ? 100 : N / 10)).toFixed(1)); t = performance.now(); b = io(); c = process.cpuUsage().user + process.cpuUsage().system; }
}
t = performance.now(); const found = await s.recordsAbout('00000000', `unit/${N / 2}`); console.log('recordsAbout', found.length, (performance.now() - t).toFixed(3), 'ms');
await s.close();
console.log('size MB', statSync('/tmp/w/perf.db').size / 1e6);
t = performance.now(); s = await sqliteStore('/tmp/w/perf.db'); console.log('open quick', (performance.now() - t).toFixed(0), 'ms'); await s.close();
t = performance.now(); s = await sqliteStore('/tmp/w/perf.db', { check: 'full' }); console.log('open full', (performance.now() - t).toFixed(0), 'ms'); await s.close();
for (const f of ['', '-wal']) rmSync('/tmp/w/perf.db' + f, { force: true });
