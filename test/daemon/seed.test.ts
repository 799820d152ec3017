import { scrypt } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { scrypt as nobleScrypt } from '@noble/hashes/scrypt';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_COST, MAX_FILE_BYTES, parseSeedFile } from '../../src/daemon/seed/format.ts';
import { askAt, findPassphrase } from '../../src/daemon/seed/passphrase.ts';
import {
  changePassphrase,
  createSeed,
  describeSeedError,
  newPhrase,
  openSeed,
} from '../../src/daemon/seed/seed.ts';

/** As little work as a file may ask for. */
const QUICK = { N: 2 ** 10, r: 8, p: 1 };
const PHRASE = `${'abandon '.repeat(11)}about`;

let dir: string;
let path: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wattlane-seed-'));
  path = join(dir, 'new', 'seed.json');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const create = (passphrase: string, phrase = PHRASE) => createSeed(path, { phrase, passphrase }, QUICK);

describe('a seed file', () => {
  it('any passphrase, any phrase: opens with it and with no other', async () => {
    const words = fc.string({ minLength: 1, unit: 'grapheme' });
    await fc.assert(
      fc.asyncProperty(words, words, async (own, other) => {
        const phrase = newPhrase();
        await rm(path, { force: true });
        expect(await create(own, phrase)).toMatchObject({ ok: true });
        expect(await openSeed(path, own)).toEqual({ ok: true, value: phrase });
        if (own.normalize('NFKD') !== other.normalize('NFKD'))
          expect(await openSeed(path, other)).toEqual({ ok: false, error: { code: 'wrongPassphrase' } });
      }),
      { numRuns: 25 },
    );
  });

  it('for its owner alone, and without a word of the phrase', async () => {
    await create('pass');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).not.toMatch(/abandon|about/);
    expect(await readdir(join(dir, 'new'))).toEqual(['seed.json']);
  });

  it('12 and 24 words: files of one length', async () => {
    await create('pass');
    const short = (await readFile(path, 'utf8')).length;
    await rm(path);
    await create('pass', newPhrase());
    expect((await readFile(path, 'utf8')).length).toBe(short);
  });

  it('one that exists: never overwritten, also by those that are made at the same time', async () => {
    const made = await Promise.all([create('one'), create('two'), create('three')]);
    expect(made.filter(({ ok }) => ok)).toHaveLength(1);
    const before = await readFile(path, 'utf8');
    expect(await create('four')).toEqual({ ok: false, error: { code: 'seedExists', path } });
    expect(await readFile(path, 'utf8')).toBe(before);
    expect(await readdir(join(dir, 'new'))).toEqual(['seed.json']);
  });

  it('a link in its place: not followed, not overwritten', async () => {
    const target = join(dir, 'target');
    await writeFile(target, 'mine');
    path = join(dir, 'seed.json');
    await symlink(target, path);
    expect(await create('pass')).toMatchObject({ error: { code: 'seedExists' } });
    expect(await readFile(target, 'utf8')).toBe('mine');
  });

  it('change of the passphrase: the new one opens it, the old one no more; with a wrong one nothing changes', async () => {
    await create('old');
    expect(await changePassphrase(path, { from: 'wrong', to: 'new' }, QUICK)).toMatchObject({ ok: false });
    expect(await openSeed(path, 'old')).toMatchObject({ ok: true });
    expect(await changePassphrase(path, { from: 'old', to: 'new' }, QUICK)).toMatchObject({ ok: true });
    expect(await openSeed(path, 'new')).toEqual({ ok: true, value: PHRASE });
    expect(await openSeed(path, 'old')).toMatchObject({ error: { code: 'wrongPassphrase' } });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('any byte of it changed: damaged or refused, never another phrase', async () => {
    await create('pass');
    const text = await readFile(path, 'utf8');
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.integer({ min: 32, max: 126 }), async (at, code) => {
        await writeFile(path, `${text.slice(0, at)}${String.fromCharCode(code)}${text.slice(at + 1)}`);
        const opened = await openSeed(path, 'pass');
        if (opened.ok) expect(opened.value).toBe(PHRASE);
        else expect(opened.error.code).toBe('badSeedFile');
      }),
      { numRuns: 300 },
    );
  });

  it('one that asks for too much memory, or is huge: refused before any work', () => {
    const cost = { N: 2 ** 20, r: 8, p: 4, salt: '00'.repeat(32) };
    const withCost = (scrypt: object) => {
      const sealed = { nonce: '00'.repeat(24), sealed: '00'.repeat(272), checksum: '00'.repeat(8) };
      return parseSeedFile(JSON.stringify({ format: 'wattlane seed', version: 1, scrypt, ...sealed }));
    };
    expect(withCost(cost)).toMatchObject({ error: 'it is damaged: its checksum is another' });
    const tooMuch = [
      ['N', 2 ** 21],
      ['N', 2 ** 17 + 1],
      ['N', 1e300],
      ['r', 9],
      ['r', 0],
      ['p', 5],
    ] as const;
    for (const [name, value] of tooMuch)
      expect(withCost({ ...cost, [name]: value })).toMatchObject({
        error: `it is no seed file: scrypt.${name}`,
      });
    expect(parseSeedFile(' '.repeat(MAX_FILE_BYTES + 1))).toMatchObject({ error: 'it is too large' });
  });

  it('a later version: said so', () => {
    expect(parseSeedFile('{"format":"wattlane seed","version":2}')).toMatchObject({
      error: 'it is of another version of this program',
    });
  });

  it('scrypt is that of another library, at a cost of 2^17 or more', async () => {
    const key = await new Promise<Buffer>((resolve) => {
      scrypt('p', 's', 32, QUICK, (_, derived) => resolve(derived));
    });
    expect(Uint8Array.from(key)).toEqual(nobleScrypt('p', 's', { ...QUICK, dkLen: 32 }));
    expect(DEFAULT_COST.N).toBeGreaterThanOrEqual(2 ** 17);
  });

  it('no file, no words, no passphrase: each named, and no word repeated', async () => {
    expect(await openSeed(path, 'pass')).toEqual({ ok: false, error: { code: 'noSeed', path } });
    expect(await create('')).toEqual({ ok: false, error: { code: 'noPassphrase' } });
    const bad = await create('pass', PHRASE.replace('about', 'abuot'));
    expect(bad).toMatchObject({ error: { code: 'badPhrase', why: { code: 'mnemonicWord', position: 12 } } });
    if (!bad.ok) expect(describeSeedError(bad.error)).not.toContain('abuot');
  });
});

describe('the passphrase', () => {
  const nobody = { file: undefined, variable: undefined, ask: undefined };

  it('file before variable before terminal; without any: named', async () => {
    const file = join(dir, 'pass');
    await writeFile(file, 'from file\n');
    const ask = async () => 'typed';
    expect(await findPassphrase({ file, variable: 'variable', ask })).toEqual({
      ok: true,
      value: 'from file',
    });
    expect(await findPassphrase({ ...nobody, variable: 'var', ask })).toEqual({ ok: true, value: 'var' });
    expect(await findPassphrase({ ...nobody, ask })).toEqual({ ok: true, value: 'typed' });
    expect(await findPassphrase(nobody)).toEqual({ ok: false, error: { code: 'noPassphrase' } });
  });

  it('a file that is not there, empty, or of several lines: refused', async () => {
    const file = join(dir, 'pass');
    const found = () => findPassphrase({ ...nobody, file });
    expect(await found()).toMatchObject({ error: { code: 'seedIo', reason: 'ENOENT' } });
    await writeFile(file, '\n');
    expect(await found()).toMatchObject({ error: { code: 'noPassphrase' } });
    await writeFile(file, 'one\ntwo\n');
    expect(await found()).toMatchObject({ error: { code: 'seedIo' } });
  });

  /** A terminal at which somebody types: what it shows, and whether it shows what is typed. */
  function typist(...pieces: readonly Uint8Array[]) {
    const shown: string[] = [];
    const raw: boolean[] = [];
    const keys = new PassThrough();
    const setRawMode = (mode: boolean) => {
      raw.push(mode);
      return keys;
    };
    const terminal = Object.assign(keys, { setRawMode });
    for (const piece of pieces) keys.write(piece);
    return { asked: askAt(terminal as never, (text) => shown.push(text), 'Passphrase: '), shown, raw };
  }
  const typing = (text: string) => Uint8Array.from(Buffer.from(text));

  it('typed: not shown, with what was taken back taken back, in whatever pieces its bytes come', async () => {
    const bytes = typing('sésq\u007fame\rnot this');
    for (let at = 1; at < bytes.length; at++) {
      const { asked, shown, raw } = typist(bytes.slice(0, at), bytes.slice(at));
      expect(await asked).toBe('sésame');
      expect(shown).toEqual(['Passphrase: ', '\n']);
      expect(raw).toEqual([true, false]);
    }
  });

  it('Ctrl-C in the middle: none', async () => {
    const { asked, raw } = typist(typing('sesame\u0003'));
    expect(await asked).toBe('');
    expect(raw).toEqual([true, false]);
  });
});
