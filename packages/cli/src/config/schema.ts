// grantlog.yaml as a whole: a file in sections/ for each part. Everything about a setting is said
// there once: its form, default, flag and variable. The schema for editors, the table of README.md,
// `config check` and `config print` come from it. See schema.test.ts.
import { z } from 'zod'
import { admin } from './sections/admin.ts'
import { alerts } from './sections/alerts.ts'
import { callers } from './sections/callers.ts'
import { page } from './sections/console.ts'
import { detect } from './sections/detect.ts'
import { data, origin, policy } from './sections/ledger.ts'
import { metrics } from './sections/metrics.ts'
import { otlp } from './sections/otlp.ts'
import { reconcile } from './sections/reconcile.ts'
import { sinks } from './sections/sinks.ts'
import { newSubjectsPerMinute, tenants } from './sections/tenants.ts'
import type { About } from './sections/values.ts'

export const configSchema = z.strictObject({
  version: z
    .literal(1, { error: 'version is 1: `version: 1` is the first line of the file' })
    .meta({ description: 'version of the form of this file' }),
  data,
  origin,
  policy,
  otlp,
  callers,
  admin,
  console: page,
  metrics,
  reconcile,
  detect,
  alerts,
  sinks,
  tenants,
  newSubjectsPerMinute,
})

/** Effective settings, with every default. */
export type Config = z.output<typeof configSchema>

/** One setting: a leaf of the sections. */
export interface Setting {
  /** `otlp.port`. */
  readonly path: readonly string[]
  readonly description: string
  /** As on the command line: `--port`. */
  readonly flag: string | undefined
  readonly env: string
  /** As it stands in a file; undefined where there is none. */
  readonly fallback: unknown
  readonly kind: 'number' | 'number or word' | 'boolean' | 'text' | 'duration' | 'list'
}

/** Every setting but the version, in the order of the file. */
export function settings(): Setting[] {
  return settingsIn(configSchema.shape, []).filter(({ path }) => path[0] !== 'version')
}

function settingsIn(shape: z.ZodRawShape, above: readonly string[]): Setting[] {
  return Object.entries(shape).flatMap(([key, type]) => {
    const path = [...above, key]
    const schema = type as z.ZodType
    const inner = unwrapped(schema)
    return inner instanceof z.ZodObject ? settingsIn(inner.shape, path) : [settingOf(schema, path)]
  })
}

function settingOf(schema: z.ZodType, path: readonly string[]): Setting {
  const { description = '', env, flag } = aboutOf(schema)
  const derived = path.map((part) => part.replace(/[A-Z]/g, '_$&').toUpperCase()).join('_')
  return {
    path,
    description,
    flag,
    env: env ?? `GRANTLOG_${derived}`,
    fallback: fallbackOf(schema),
    kind: kindOf(unwrapped(schema)),
  }
}

export function aboutOf(schema: z.ZodType): Partial<About> {
  return (schema.meta() ?? {}) as Partial<About>
}

/** Without what says that it may be left out. */
export function unwrapped(schema: z.ZodType): z.ZodType {
  const isWrapper =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  return isWrapper ? unwrapped(schema.unwrap() as z.ZodType) : schema
}

/** As it stands in a file; undefined where there is none. */
export function fallbackOf(schema: z.ZodType): unknown {
  const isFilled = schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
  return isFilled ? schema.def.defaultValue : undefined
}

function kindOf(schema: z.ZodType): Setting['kind'] {
  if (schema instanceof z.ZodNumber) return 'number'
  if (schema instanceof z.ZodUnion) return 'number or word'
  if (schema instanceof z.ZodBoolean) return 'boolean'
  if (schema instanceof z.ZodPipe) return 'duration'
  return schema instanceof z.ZodArray ? 'list' : 'text'
}
