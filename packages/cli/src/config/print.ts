// Effective settings as a grantlog.yaml, each with its source behind it. Secrets are named as the
// file names them; of a flag's headers the names alone. See print.test.ts.
import { Document, isMap, isNode, type Node, type Pair, Scalar, type YAMLMap } from 'yaml'
import type { SinkOptions } from '@grantlog/receiver'
import { maskedUrl } from '../masked.ts'
import type { Loaded, Sources } from './load.ts'
import { type Config, settings } from './schema.ts'

/** A setting as `config print --json` has it. */
export interface PrintedSetting {
  readonly path: string
  readonly value: unknown
  readonly source: string
}

/** Every setting that has a value; sinks of flags are the last of `sinks`. */
export function printedSettings(
  { config, sources }: Loaded,
  flagSinks: readonly SinkOptions[],
): PrintedSetting[] {
  return settings().flatMap(({ kind, path }) => {
    const name = path.join('.')
    const at = valueAt(config, path)
    const value =
      name === 'sinks'
        ? shownSinks(config, flagSinks)
        : name === 'tenants'
          ? config.tenants.map(({ sinks, ...tenant }) => ({ ...tenant, sinks: masked(sinks) }))
          : name === 'metrics.otlp' && typeof at === 'string'
            ? maskedUrl(at)
            : kind === 'duration' && typeof at === 'number'
              ? durationText(at)
              : at
    if (value === undefined) return []
    return [{ path: name, value, source: sourceOf(name, sources, flagSinks) }]
  })
}

function sourceOf(name: string, sources: Sources, flagSinks: readonly SinkOptions[]): string {
  const source = sources.get(name) ?? 'default'
  if (name !== 'sinks' || flagSinks.length === 0) return source
  return source === 'default' ? 'flags' : `${source}, flags`
}

/** The same as text that `config check` takes, but for masked URLs. */
export function printedText(printed: readonly PrintedSetting[], file: string | undefined): string {
  const document = new Document({ version: 1 })
  for (const { path, source, value } of printed) {
    const parts = path.split('.')
    document.setIn(parts, document.createNode(value))
    comment(document.contents as YAMLMap, parts, ` ${source.replace(/^file:/, `${file}:`)}`)
  }
  return document.toString({ lineWidth: 0 }).trimEnd()
}

function comment(map: YAMLMap, [key = '', ...rest]: readonly string[], text: string): void {
  const pair = map.items.find(({ key: one }) => String(one) === key)
  const value = pair?.value
  if (rest.length > 0 && isMap(value)) comment(value, rest, text)
  else if (isNode(value)) setComment(value, pair!, text)
}

/** Behind a value; a list has it above its first item. */
function setComment(value: Node, pair: Pair, text: string): void {
  const { items = [] } = value as { items?: unknown[] }
  if (items.length === 0) {
    value.comment = text
    return
  }
  const key = new Scalar(String(pair.key))
  key.commentBefore = text
  pair.key = key
}

function shownSinks({ sinks }: Config, flagSinks: readonly SinkOptions[]): unknown[] {
  const ofFlags = flagSinks.map(({ headers = {}, ...sink }) => {
    const names = Object.keys(headers).map((name) => [name, '***'])
    return names.length === 0 ? sink : { ...sink, headers: Object.fromEntries(names) }
  })
  return masked([...sinks, ...ofFlags])
}

function masked(sinks: readonly { readonly url: string }[]): unknown[] {
  return sinks.map((sink) => ({ ...sink, url: maskedUrl(sink.url) }))
}

function valueAt(config: Config, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], config)
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const

/** Times as they stand in a file. */
export function durationText(ms: number): string {
  const [unit, size] = units.find(([, one]) => ms % one === 0) ?? units[3]
  return `${ms / size}${unit}`
}
