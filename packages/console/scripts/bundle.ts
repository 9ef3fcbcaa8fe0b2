// Makes the page from src/web: dist/web/index.html, its scripts and styles under names that change
// with their contents, and manifest.json, which says what a server may answer.
//
//   node packages/console/scripts/bundle.ts [--verbose]
//
// Says how much a first visit loads, and fails when it is too much; then, and with --verbose, it
// lists the files.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Metafile, type Plugin } from 'esbuild'

/** Gzipped scripts and styles of the first page: a second on a slow line (2 Mbit/s). */
const MAX_FIRST_LOAD_BYTES = 250_000

const root = join(import.meta.dirname, '..')
const web = join(root, 'src/web')
const out = join(root, 'dist/web')

/** React Aria carries its words in thirty languages; the page speaks one. */
const oneLanguage: Plugin = {
  name: 'one-language',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]intl[\\/](.*[\\/])?[a-z]{2}-[A-Z]{2}\.m?js$/ }, ({ path }) =>
      path.includes('en-US') ? undefined : { contents: 'export default {}' },
    )
  },
}

const { metafile } = await bundle()
const entry = outputOf(metafile, 'main.tsx')
const first = [entry, ...staticImports(metafile, entry)]
const style = metafile.outputs[entry]?.cssBundle ?? ''
writeFileSync(join(out, 'index.html'), page(entry, style, first))
writeFileSync(join(out, 'manifest.json'), manifest(metafile, [...first, style]))
report(metafile, [...first, style])

function bundle(): Promise<{ metafile: Metafile }> {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  return build({
    absWorkingDir: root,
    entryPoints: [join(web, 'main.tsx')],
    outdir: join(out, 'assets'),
    ...{ entryNames: '[name]-[hash]', chunkNames: '[name]-[hash]', assetNames: '[name]-[hash]' },
    ...{ bundle: true, splitting: true, minify: true, format: 'esm', metafile: true },
    sourcemap: 'external',
    target: ['chrome123', 'firefox125', 'safari17.5'],
    jsx: 'automatic',
    conditions: ['@grantlog/source'],
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [oneLanguage],
    logLevel: 'warning',
  })
}

function outputOf({ outputs }: Metafile, source: string): string {
  const found = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint?.endsWith(source))
  if (found === undefined) throw new TypeError(`nothing was made from ${source}`)
  return found[0]
}

/** What loads before the script runs, of what it imports. */
function staticImports({ outputs }: Metafile, from: string, seen = new Set<string>()): string[] {
  for (const { path, kind } of outputs[from]?.imports ?? []) {
    if (kind !== 'import-statement' || seen.has(path)) continue
    seen.add(path)
    staticImports({ outputs } as Metafile, path, seen)
  }
  return [...seen]
}

/** React Aria adds a style of its own unless it finds this id; the policy forbids such styles. */
function page(script: string, sheet: string, loads: readonly string[]): string {
  const preload = loads.slice(1).map((path) => `<link rel="modulepreload" href="${url(path)}">`)
  return readFileSync(join(web, 'index.html'), 'utf8')
    .replace('STYLE', url(sheet))
    .replace('SCRIPT', url(script))
    .replace('PRELOAD', preload.join('\n    '))
}

function url(path: string): string {
  return `/assets/${basename(path)}`
}

/** Every file with its size and hash; source maps are for developers, and no part of a visit. */
function manifest({ outputs }: Metafile, loads: readonly string[]): string {
  const files = ['index.html', ...Object.keys(outputs).map((path) => relative('dist/web', path))]
  const list = files
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((path) => {
      const bytes = readFileSync(join(out, path))
      const sha256 = createHash('sha256').update(bytes).digest('base64url')
      return { path, bytes: bytes.length, sha256 }
    })
  const firstLoad = loads.map((path) => relative('dist/web', path))
  return `${JSON.stringify({ firstLoad, files: list }, null, 1)}\n`
}

function report({ outputs }: Metafile, loads: readonly string[]): void {
  const sizes = Object.keys(outputs)
    .filter((path) => !path.endsWith('.map'))
    .map((path) => ({ path, isFirst: loads.includes(path), gzip: gzipOf(path) }))
    .sort((a, b) => b.gzip - a.gzip)
  const total = sizes.reduce((sum, { gzip, isFirst }) => sum + (isFirst ? gzip : 0), 0)
  const isTooMuch = total > MAX_FIRST_LOAD_BYTES
  if (isTooMuch || process.argv.includes('--verbose')) {
    for (const { path, isFirst, gzip } of sizes) {
      console.log(`${isFirst ? 'first' : 'later'} ${kb(gzip).padStart(9)}  ${basename(path)}`)
    }
  }
  const told = `first load ${kb(total)} of ${kb(MAX_FIRST_LOAD_BYTES)}, gzipped`
  if (!isTooMuch) console.log(told)
  else {
    console.error(`${told}: too much; see above for what it loads`)
    process.exitCode = 1
  }
}

function gzipOf(path: string): number {
  return gzipSync(readFileSync(join(root, path))).length
}

function kb(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`
}
