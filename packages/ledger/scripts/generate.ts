// Compiles wasm/ into a module that is part of the source: what verifies needs no compiler.
//
//   node scripts/generate.ts [--check]
//
// --check writes nothing: it names the file when it is not what the source makes, and exits 1.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { main } from 'assemblyscript/asc'

const root = join(import.meta.dirname, '..')
const target = join(root, 'src/audit/module.generated.ts')

/** One line of base64 has 76 characters, as MIME has it. */
const lineLength = 76

function sourceOf(module: Uint8Array): string {
  const base64 = Buffer.from(module).toString('base64')
  const lines = base64.match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? []
  return [
    '// GENERATED from ../../wasm by `npm run generate`. Do not edit.',
    '',
    '/** A WebAssembly module in base64; see machine.ts. */',
    'export const commitModule: string = `',
    ...lines,
    '`',
    '',
  ].join('\n')
}

async function compiled(): Promise<Uint8Array> {
  let module: Uint8Array | undefined
  const options = [
    '--runtime',
    'stub',
    '-O3',
    '--noAssert',
    '--enable',
    'simd,relaxed-simd,bulk-memory',
  ]
  const { error } = await main(['commit.ts', '--outFile', 'commit.wasm', ...options], {
    readFile: (name, base) => {
      const path = join(root, 'wasm', base === '.' ? name : join(base, name))
      return existsSync(path) ? readFileSync(path, 'utf8') : null
    },
    writeFile: (_name, contents) => {
      module = contents as Uint8Array
    },
    listFiles: () => [],
  })
  if (error || module === undefined) throw error ?? new Error('asc wrote no module')
  return module
}

const source = sourceOf(await compiled())
const isFresh = existsSync(target) && readFileSync(target, 'utf8') === source
if (!isFresh && process.argv.includes('--check')) {
  console.error(`${relative(process.cwd(), target)} is not up to date: npm run generate`)
  process.exitCode = 1
} else if (!isFresh) writeFileSync(target, source)
