import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** The wallet's page: everything that it needs is in its own files. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // `qr` and others ask for nothing of Node, and no file is inlined: the page's policy forbids it
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
});
