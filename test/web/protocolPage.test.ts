import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderProtocol } from '../../web/protocol/render.ts';
import { TERMS } from '../../web/src/text/glossary.ts';
import { SECTIONS } from '../../web/src/text/sections.ts';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const html = renderProtocol(read('docs/protocol.md'));
const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));

describe('docs/protocol.md as a page', () => {
  it('every section that explanations name has its heading', () => {
    expect(Object.keys(SECTIONS).filter((id) => !ids.has(id))).toEqual([]);
  });

  it('every link leads to a heading of the same page', () => {
    const links = [...html.matchAll(/ href="([^"]*)"/g)].map(([, href = '']) => href);
    expect(links.length).toBeGreaterThan(40);
    expect(links.filter((href) => !href.startsWith('#') || !ids.has(href.slice(1)))).toEqual([]);
  });

  it('no script, no style of its own, and no id twice', () => {
    expect(html).not.toMatch(/<script|<style|\sstyle=|\son\w+=/i);
    expect([...html.matchAll(/ id="([^"]+)"/g)]).toHaveLength(ids.size);
  });
});

it('every term that is explained on demand is one of GLOSSARY.md', () => {
  const known = new Set([...read('GLOSSARY.md').matchAll(/\*\*([^*]+)\*\*/g)].map(([, word]) => word));
  expect(Object.keys(TERMS).filter((word) => !known.has(word))).toEqual([]);
  for (const { text, section } of Object.values(TERMS)) {
    expect(text).toMatch(/\.$/);
    expect(ids.has(section)).toBe(true);
  }
});
