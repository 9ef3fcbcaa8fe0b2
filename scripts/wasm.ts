// Compiles a package's wasm/ into a module that is part of its source: what runs it needs no
// compiler. For the generators of packages, which have the compiler (`assemblyscript/asc`).
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** The compiler, as far as it is used. */
type Compiler = (
  args: string[],
  io: {
    readonly readFile: (name: string, base: string) => string | null
    readonly writeFile: (name: string, contents: Uint8Array | string) => void
    readonly listFiles: () => string[]
  },
) => Promise<{ readonly error: Error | null }>

export interface WasmModule {
  /** The package's folder. */
  readonly root: string
  /** The file of wasm/ that has the exports, without `.ts`. */
  readonly entry: string
  /** Features of WebAssembly, by commas. */
  readonly features: string
  /** From `root`: the file that is generated. */
  readonly target: string
  /** Its only export, and the file beside it that runs the module. */
  readonly name: string
  readonly runBy: string
}

/** One line of base64 has 76 characters, as MIME has it. */
const lineLength = 76

/** With `--check` writes nothing: it names the file when it is not what the source makes. */
export async function generateWasm(compile: Compiler, module: WasmModule): Promise<void> {
  const target = join(module.root, module.target)
  const source = sourceOf(module, await compiled(compile, module))
  const isFresh = existsSync(target) && readFileSync(target, 'utf8') === source
  if (!isFresh && process.argv.includes('--check')) {
    console.error(`${relative(process.cwd(), target)} is not up to date: npm run generate`)
    process.exitCode = 1
  } else if (!isFresh) writeFileSync(target, source)
}

function sourceOf({ name, root, runBy, target }: WasmModule, bytes: Uint8Array): string {
  const base64 = Buffer.from(bytes).toString('base64')
  const lines = base64.match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? []
  const from = relative(dirname(join(root, target)), join(root, 'wasm'))
  return [
    `// GENERATED from ${from} by \`npm run generate\`. Do not edit.`,
    '',
    `/** A WebAssembly module in base64; see ${runBy}. */`,
    `export const ${name}: string = \``,
    ...lines,
    '`',
    '',
  ].join('\n')
}

async function compiled(
  compile: Compiler,
  { entry, features, root }: WasmModule,
): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined
  const options = ['--runtime', 'stub', '-O3', '--noAssert', '--enable', features]
  const { error } = await compile([`${entry}.ts`, '--outFile', `${entry}.wasm`, ...options], {
    readFile: (name, base) => {
      const path = join(root, 'wasm', base === '.' ? name : join(base, name))
      return existsSync(path) ? readFileSync(path, 'utf8') : null
    },
    writeFile: (_name, contents) => {
      bytes = contents as Uint8Array
    },
    listFiles: () => [],
  })
  if (error || bytes === undefined) throw error ?? new Error('asc wrote no module')
  return bytes
}
