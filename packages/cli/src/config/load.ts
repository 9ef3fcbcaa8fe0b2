// Settings from where they come: a flag before a variable, a variable before the file, the file
// before a default. Lists are of all: a service or sink of a flag is added to those of the file.
// See load.test.ts.
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { CliError } from '../errors.ts'
import { checkConfig, type CheckedFile, optionOf, pathText } from './check.ts'
import { aboutOf, type Config, configSchema, type Setting, settings, unwrapped } from './schema.ts'
import { type Fault, MAX_CONFIG_BYTES, readYaml } from '@grantlog/receiver/settings'

/** Flags by the names that commander gives them; those that were not given are undefined. */
export type GivenFlags = Readonly<Record<string, unknown>>

export interface LoadRequest {
  /** `--config`; default GRANTLOG_CONFIG, else no file. */
  readonly file: string | undefined
  readonly flags: GivenFlags
  readonly env: NodeJS.ProcessEnv
}

/** Where a value comes from: `flag --port`, `env GRANTLOG_DATA`, `file:3`, `default`. */
export type Sources = ReadonlyMap<string, string>

export interface Loaded {
  readonly config: Config
  /** By path: `otlp.port`. */
  readonly sources: Sources
  /** Absolute; undefined without one. */
  readonly file: string | undefined
}

/** Errors: CONFIG_UNREADABLE, CONFIG_INVALID, CONFIG_VARIABLE. */
export async function loadConfig({ env, file, flags }: LoadRequest): Promise<Loaded> {
  const path = file || env.GRANTLOG_CONFIG || undefined
  const checked = path === undefined ? undefined : await readConfig(path)
  const base = dirname(resolve(path ?? '.'))
  const layers = settings().map((setting) => layerOf(setting, { base, checked, env, flags }))
  const raw: Record<string, unknown> = { version: 1 }
  const sources = new Map<string, string>()
  for (const { setting, source, value } of layers) {
    sources.set(setting.path.join('.'), source)
    if (value !== undefined) put(raw, setting.path, value)
  }
  const result = configSchema.safeParse(raw)
  if (result.success) {
    return { config: result.data, sources, file: path === undefined ? undefined : resolve(path) }
  }
  const [issue] = result.error.issues
  const source = layers.find(({ setting }) => setting.path.every((p, at) => issue!.path[at] === p))
  throw new CliError('CONFIG_VARIABLE', source?.source ?? pathText(issue!.path), {
    fix: `${issue!.message}.`,
  })
}

/** Errors: CONFIG_UNREADABLE, CONFIG_INVALID. */
export async function readConfig(path: string): Promise<CheckedFile> {
  const checked = checkConfig(await configText(path))
  if ('raw' in checked) return checked
  throw invalid(path, checked)
}

/** Errors: CONFIG_UNREADABLE. */
export async function configText(path: string): Promise<string> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException
    throw new CliError('CONFIG_UNREADABLE', `${path} (${code})`, { cause })
  }
  // Not decoded where it is too large anyway: the reader says so.
  const some = bytes.subarray(0, MAX_CONFIG_BYTES + 1)
  return new TextDecoder().decode(some)
}

/** The first fault, and how many there are. */
function invalid(path: string, faults: readonly Fault[]): CliError {
  const { column, fix, line, path: at, what } = faults[0]!
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more: grantlog config check)` : ''
  const place = `${path}:${line}:${column}`
  const detail = `${place}${at && ` ${at}`}: ${what}${more}`
  return new CliError('CONFIG_INVALID', detail, { fix })
}

interface Layer {
  readonly setting: Setting
  readonly value: unknown
  readonly source: string
}

interface Layers {
  readonly checked: CheckedFile | undefined
  /** Folder of the file. */
  readonly base: string
  readonly env: NodeJS.ProcessEnv
  readonly flags: GivenFlags
}

function layerOf(setting: Setting, { base, checked, env, flags }: Layers): Layer {
  const { path } = setting
  const given = flagOf(setting, flags)
  const inFile = path.reduce<unknown>(
    (at, part) => (at as Record<string, unknown> | undefined)?.[part],
    checked?.raw,
  )
  const line = inFile === undefined ? 0 : checked!.text.placeOf(path).line
  const variable = env[setting.env] ? variableOf(setting, env[setting.env]!) : undefined
  const found = [
    { value: given, source: `flag ${setting.flag?.split(' ')[0]}` },
    { value: variable, source: `env ${setting.env}` },
    {
      value: inFile === undefined ? undefined : settled(setting, inFile, base),
      source: `file:${line}`,
    },
  ].filter(({ value }) => value !== undefined)
  if (found.length === 0) return { setting, value: undefined, source: 'default' }
  if (setting.kind !== 'list') return { setting, ...found[0]! }
  const value = found.flatMap(({ value: list }) => list as unknown[])
  return { setting, value, source: found.map(({ source }) => source).join(', ') }
}

/** What was given; `--no-x` is given when it is false, a list when it is not empty. */
function flagOf({ flag, kind }: Setting, flags: GivenFlags): unknown {
  if (flag === undefined) return undefined
  const name = flag.replace(/^--(no-)?/, '').replace(/-([a-z])/g, (_, c: string) => c.toUpperCase())
  const value = flags[name]
  if (kind === 'boolean') return value === false ? false : undefined
  if (kind === 'list') return Array.isArray(value) && value.length > 0 ? value : undefined
  return value
}

const words: Readonly<Record<string, boolean>> = {
  ...{ on: true, true: true, yes: true, 1: true },
  ...{ off: false, false: false, no: false, 0: false },
}

/** Errors: CONFIG_VARIABLE. The text of a list is YAML, as in the file. */
function variableOf({ env, kind }: Setting, text: string): unknown {
  if (kind === 'text' || kind === 'duration') return text
  if (kind === 'number or word' && !/^[0-9]/.test(text)) return text
  if (kind.startsWith('number') && /^[0-9]{1,15}$/.test(text)) return Number(text)
  if (kind === 'boolean' && Object.hasOwn(words, text)) return words[text]
  if (kind === 'list') {
    const read = readYaml(text)
    if ('value' in read && Array.isArray(read.value)) return read.value
  }
  const number = 'a whole number'
  const forms = { number, 'number or word': number, boolean: 'on or off', list: 'a list in YAML' }
  throw new CliError('CONFIG_VARIABLE', `env ${env}`, { fix: `Give ${forms[kind]}.` })
}

/** Paths of a file are looked for from its folder. */
function settled({ path }: Setting, value: unknown, base: string): unknown {
  const schema = path.reduce<z.ZodType>(
    (at, part) => (unwrapped(at) as z.ZodObject).shape[part] as z.ZodType,
    configSchema,
  )
  return settledIn(schema, value, base)
}

function settledIn(schema: z.ZodType, value: unknown, base: string): unknown {
  if (value === undefined) return value
  const inner = optionOf(unwrapped(schema), value)
  if (typeof value === 'string')
    return isPath(schema) || isPath(inner) ? resolve(base, value) : value
  const within = (of: unknown, one: unknown): unknown => settledIn(of as z.ZodType, one, base)
  if (inner instanceof z.ZodArray) {
    return (value as unknown[]).map((one) => within(inner.element, one))
  }
  if (inner instanceof z.ZodObject) {
    return mapped(value, (one, key) => within(inner.shape[key], one))
  }
  if (inner instanceof z.ZodRecord) return mapped(value, (one) => within(inner.valueType, one))
  if (inner instanceof z.ZodUnion) {
    // Checked already: one of them fits.
    return within(
      (inner.options as z.ZodType[]).find((one) => one.safeParse(value).success),
      value,
    )
  }
  return value
}

function isPath(schema: z.ZodType): boolean {
  return aboutOf(schema).isPath === true
}

function mapped(value: unknown, change: (one: unknown, key: string) => unknown): unknown {
  const entries = Object.entries(value as Record<string, unknown>)
  return Object.fromEntries(entries.map(([key, one]) => [key, change(one, key)]))
}

function put(into: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path
  if (rest.length === 0) into[key] = value
  else put((into[key] ??= {}) as Record<string, unknown>, rest, value)
}
