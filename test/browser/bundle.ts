import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';

interface Described {
  readonly module: string;
  readonly name: string;
}
/** Its types are in TypeScript's library for the DOM alone, which says too much of a library for Node too. */
declare const WebAssembly: {
  readonly Module: {
    new (bytes: Uint8Array): object;
    imports(module: object): readonly Described[];
    exports(module: object): readonly Described[];
  };
};

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** One file of JavaScript for a browser, and what went into it. */
export interface Bundle {
  readonly code: string;
  /** Packages that something was taken from. */
  readonly packages: readonly string[];
  /** Modules that the file asks for when it runs. */
  readonly asks: readonly string[];
}

/** Bundles a file of the repository as an application does: for the browser, packages by what they name for it. */
export async function bundleOf(entry: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    plugins: [webAssembly],
  });
  const [output] = Object.values(metafile.outputs);
  return {
    code: outputFiles[0]?.text ?? '',
    packages: packagesOf(metafile),
    asks: output?.imports.map(({ path }) => path) ?? [],
  };
}

function packagesOf({ inputs }: Metafile): readonly string[] {
  const names = Object.keys(inputs).flatMap((path) => {
    const [, scope, name] = /.*node_modules\/((?:@[^/]+\/)?)([^/]+)/.exec(path) ?? [];
    return name === undefined ? [] : [`${scope}${name}`];
  });
  return [...new Set(names)].sort();
}

/** WebAssembly as a module, which tiny-secp256k1 asks of a bundler (webpack has it, for Vite there is vite-plugin-wasm). */
const webAssembly: Plugin = {
  name: 'webassembly',
  setup({ onLoad }) {
    onLoad({ filter: /\.wasm$/ }, async ({ path }) => {
      const bytes = await readFile(path);
      const { imports, exports } = partsOf(bytes);
      return {
        resolveDir: dirname(path),
        contents: [
          ...imports.map((name, index) => `import * as import${index} from '${name}';`),
          `const bytes = Uint8Array.from(atob('${bytes.toString('base64')}'), (byte) => byte.charCodeAt(0));`,
          `const imports = { ${imports.map((name, index) => `'${name}': import${index}`).join(', ')} };`,
          'const { instance } = await WebAssembly.instantiate(bytes, imports);',
          `export const { ${exports.join(', ')} } = instance.exports;`,
        ].join('\n'),
      };
    });
  },
};

/** The modules that a module of WebAssembly imports, and the names that it exports. */
function partsOf(bytes: Uint8Array): {
  readonly imports: readonly string[];
  readonly exports: readonly string[];
} {
  const module = new WebAssembly.Module(bytes);
  const imports = new Set(WebAssembly.Module.imports(module).map(({ module: name }) => name));
  return { imports: [...imports], exports: WebAssembly.Module.exports(module).map(({ name }) => name) };
}
