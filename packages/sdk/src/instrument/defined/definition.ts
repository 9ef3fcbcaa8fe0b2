// An instrumentation as a table: where a library lies, which of its functions are watched, and how
// each tells what happened. See INSTRUMENTATION.md.
import { fileURLToPath } from 'node:url'
import { SdkError } from '../../codes.ts'
import type { Seam } from './seam.ts'

export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown

/** Makes what takes the place of a function; it must call it and pass on what comes of it. */
export type Wrap = (original: AnyFunction, seam: Seam) => AnyFunction

/** A library. */
export interface Instrumentation {
  /** `oauth.library.name` of its records. */
  readonly name: string
  readonly modules: readonly InstrumentedModule[]
  /** Of functions that no hook reaches, as in a bundle: called when the SDK runs. */
  readonly onSeam?: (seam: Seam) => void
}

/** One module of it. */
export interface InstrumentedModule {
  /**
   * What `require` is asked for: a package (`passport`), or a file of one without its ending
   * (`jsonwebtoken/verify`). A package that `import` loads, too, needs `files`.
   */
  readonly name: string
  /**
   * The files that `import` of it loads: paths within the package (`dist/index.js`), or, of a
   * module that is in no package, the one `file:` URL of it.
   */
  readonly files: readonly string[]
  /**
   * By what is watched: `verify`, an exported function; `JwksClient#getKeys`, a method;
   * `Jwt.verify`, a member of an exported object; `default`, the module itself, and `#verify`, a
   * method of the class that it is.
   */
  readonly hooks: Readonly<Record<string, Wrap>>
}

const targetForm = /^(?:[\w$]+(?:\.[\w$]+)*)?(?:#[\w$]+)?$/
const nameForm = /^(?:@[\w.-]+\/)?\w[\w.-]*(?:\/[\w./-]+)?$/
const libraryForm = /^[@\w./-]{1,64}$/

/**
 * An instrumentation that addInstrumentation takes. Throws SdkError INSTRUMENTATION_INVALID where a
 * name, a file or a target has not the form that it needs.
 */
export function defineInstrumentation(own: Instrumentation): Instrumentation {
  const fault = faultOf(own)
  if (fault !== null) throw new SdkError('INSTRUMENTATION_INVALID', fault)
  return own
}

function faultOf({ name, modules, onSeam }: Instrumentation): string | null {
  if (!libraryForm.test(name)) return `name: ${name}`
  if (modules.length === 0 && onSeam === undefined) return `${name}: no modules`
  for (const one of modules) {
    if (!nameForm.test(one.name)) return `${name}: module ${one.name}`
    const file = one.files.find((path) => !isUrl(path) && !/^[\w@.-][\w@./-]*$/.test(path))
    if (file !== undefined) return `${name}: file ${file}`
    const target = Object.keys(one.hooks).find((key) => !targetForm.test(key))
    if (target !== undefined) return `${name}: hook ${target}`
  }
  return null
}

export function isUrl(file: string): boolean {
  return file.startsWith('file:')
}

/** What `require` calls it. */
export function requireNames({ name, files }: InstrumentedModule): string[] {
  return [name, ...files.filter(isUrl).map((url) => fileURLToPath(url))]
}

/** The ends of the URLs of its files. */
export function entryOf({ name, files }: InstrumentedModule): RegExp {
  const folder = `/node_modules/${packageOf(name)}/`
  const ends = files.map((file) => (isUrl(file) ? `^${escaped(file)}` : escaped(folder + file)))
  // It fits nothing where `import` loads no file of its own.
  return new RegExp(ends.length === 0 ? '$^' : `(?:${ends.join('|')})$`)
}

function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
