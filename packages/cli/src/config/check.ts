// What is wrong in a grantlog.yaml: every fault with its place, what it is, and what to do. Values
// are never shown: a secret may stand where none belongs. See check.test.ts.
import { z } from 'zod'
import { nearest } from '@grantlog/query'
import { printable } from '../printable.ts'
import { configSchema, unwrapped } from './schema.ts'
import { type Fault, readYaml, type YamlText } from '@grantlog/receiver/settings'

/** A file without a fault: its values as they stand there, and where. */
export interface CheckedFile {
  readonly raw: Readonly<Record<string, unknown>>
  readonly text: YamlText
}

/** Faults in the order of the file; `[]` never. */
export function checkConfig(text: string): CheckedFile | readonly Fault[] {
  const yaml = readYaml(text)
  if (!('value' in yaml)) return yaml
  // An empty file has no value.
  const raw = yaml.value ?? {}
  const result = configSchema.safeParse(raw)
  if (result.success) return { raw: raw as Record<string, unknown>, text: yaml }
  const faults = result.error.issues.flatMap((issue) => faultsOf(issue, yaml))
  return faults.toSorted((a, b) => a.line - b.line || a.column - b.column)
}

/** How messages name a setting: `sinks[0].url`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, at) => {
      if (typeof part === 'number') return `[${part}]`
      return `${at === 0 ? '' : '.'}${printable(String(part)).slice(0, 64)}`
    })
    .join('')
}

function faultsOf(issue: z.core.$ZodIssue, yaml: YamlText): Fault[] {
  const path = pathText(issue.path)
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(issue.path, yaml.value)
    return issue.keys.map((key) => ({
      ...yaml.placeOfKey(issue.path, key),
      path: pathText([...issue.path, key]),
      ...unknownKey(key, path, known),
    }))
  }
  const place = { ...yaml.placeOf(issue.path), path }
  const isMissing = issue.code !== 'custom' && valueAt(issue.path, yaml.value) === undefined
  if (isMissing) {
    const key = String(issue.path.at(-1) ?? 'version')
    return [{ ...place, what: `${printable(key)} is missing`, fix: `${told(issue)}.` }]
  }
  return [{ ...place, what: 'the value cannot be used', fix: `${told(issue)}.` }]
}

/** What is right. Of messages that are not ours only what was expected. */
function told(issue: z.core.$ZodIssue): string {
  const text = issue.message
  if (issue.code === 'invalid_type' && text.startsWith('Invalid input')) {
    const forms = { object: 'Write settings below it, each indented', array: 'Write a list: - …' }
    return forms[issue.expected as keyof typeof forms] ?? `It is of type ${issue.expected}`
  }
  if (issue.code === 'invalid_key') return 'The name is not one that a header may have'
  return text[0]!.toUpperCase() + text.slice(1)
}

function unknownKey(
  key: string,
  path: string,
  known: readonly string[],
): Pick<Fault, 'what' | 'fix'> {
  const what = `there is no setting ${printable(key).slice(0, 64)}${path && ` in ${path}`}`
  const [meant] = nearest(key, known)
  if (meant !== undefined) return { what, fix: `Perhaps ${meant} was meant.` }
  return { what, fix: known.length === 0 ? 'Take it out.' : `There are: ${known.join(', ')}.` }
}

/** The keys that the schema has at a place. */
function keysAt(path: readonly PropertyKey[], value: unknown): string[] {
  let schema: z.ZodType | undefined = configSchema
  let at = value
  for (const part of path) {
    const above: z.ZodType = optionOf(unwrapped(schema), at)
    at = (at as Record<PropertyKey, unknown> | undefined)?.[part]
    if (above instanceof z.ZodObject) schema = above.shape[String(part)] as z.ZodType | undefined
    else if (above instanceof z.ZodArray) schema = above.element as z.ZodType
    else schema = undefined
    if (schema === undefined) return []
  }
  const found = optionOf(unwrapped(schema), at)
  return found instanceof z.ZodObject ? Object.keys(found.shape) : []
}

/** Of alternatives told apart by a word, the one that a value says it is. */
export function optionOf(schema: z.ZodType, value: unknown): z.ZodType {
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema
  const word = (value as Record<string, unknown> | null)?.[schema.def.discriminator]
  const option = (schema.options as z.ZodObject[]).find(
    ({ shape }) => (shape[schema.def.discriminator] as z.ZodType).safeParse(word).success,
  )
  return option ?? schema
}

function valueAt(path: readonly PropertyKey[], value: unknown): unknown {
  return path.reduce<unknown>((at, part) => (at as Record<PropertyKey, unknown>)?.[part], value)
}
