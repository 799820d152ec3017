import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { protocolPage } from './protocol/plugin.ts';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** The wallet's page: everything that it needs is in its own files. */
export default defineConfig({
  root: here('.'),
  plugins: [protocolPage()],
  // `qr` and others ask for nothing of Node, and no file is inlined: the page's policy forbids it
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rollupOptions: { input: [here('index.html'), here('protocol.html')] },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
});
