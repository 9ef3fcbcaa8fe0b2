// What somebody else's SDK wrote may hold secrets: their values are taken out before anything is
// stored, and the record says where. See logs.test.ts.
import type { JsonObject, JsonValue, LogRecord } from '@grantlog/record'
import {
  createTextScrubber,
  isRandomId,
  REDACTED,
  secretNames,
  type SecretNames,
} from '@grantlog/record/scrub'

const names: SecretNames = secretNames()
const scrubText = createTextScrubber(names)

/** They look random, and are no secret. */
const isKept = (name: string): boolean =>
  name === 'audit.record.id' || name.startsWith('audit.integrity.')

/** What only we may say: our marks, and what we make of slots. */
const isOurs = (name: string): boolean =>
  name.startsWith('grantlog.') || name.startsWith('audit.slot.')

export interface Redacted {
  readonly log: LogRecord
  /** Where something was taken out: `attributes.NAME`, `body`, `resource.NAME`, …; in any order. */
  readonly redacted: readonly string[]
}

/** Takes secrets out, by the names of what carries them and by their form. */
export function redact(log: LogRecord): Redacted {
  const redacted = new Set<string>()
  const text = (value: string, place: string): string => {
    const clean = scrubText(value)
    if (clean !== value) redacted.add(place)
    return clean
  }
  const { body, eventName, resource, scope, severityText } = log
  const changed = {
    attributes: cleanAttributes(log.attributes, 'attributes', redacted),
    body: cleanValue(body, { key: 'body', place: 'body', redacted }),
    eventName: text(eventName, 'eventName'),
    severityText: text(severityText, 'severityText'),
    resource: cleanContext(resource, 'resource', redacted),
    scope: cleanContext(scope, 'scope', redacted),
  }
  return { log: { ...log, ...changed }, redacted: [...redacted] }
}

/** Resource or scope. */
function cleanContext<Context extends LogRecord['resource']>(
  context: Context,
  place: string,
  redacted: Set<string>,
): Context {
  const attributes = cleanAttributes(context.attributes, place, redacted)
  return { ...context, attributes }
}

function cleanAttributes(attributes: JsonObject, place: string, redacted: Set<string>): JsonObject {
  const entries: [string, JsonValue][] = []
  for (const [key, value] of Object.entries(attributes)) {
    const at = `${place}.${key}`
    if (isOurs(key)) redacted.add(at)
    else if (isKept(key)) entries.push([key, value])
    else entries.push([key, cleanValue(value, { key, place: at, redacted })])
  }
  return Object.fromEntries(entries)
}

interface Place {
  /** The innermost name. */
  readonly key: string
  readonly place: string
  readonly redacted: Set<string>
}

/** A tagged value without its secrets. Its depth is bounded: it was read so. */
function cleanValue(tagged: JsonValue, at: Place): JsonValue {
  const [tag, value] = Object.entries(tagged as JsonObject)[0] ?? ['', null]
  if (tag === 'stringValue' && typeof value === 'string') {
    return { stringValue: cleanText(value, at) }
  }
  if (tag === 'arrayValue') {
    return { arrayValue: (value as JsonValue[]).map((item) => cleanValue(item, at)) }
  }
  if (tag !== 'kvlistValue') return tagged
  const members = Object.entries(value as JsonObject)
  const clean = members.map(([key, inner]) => [key, cleanValue(inner, { ...at, key })])
  return { kvlistValue: Object.fromEntries(clean) as JsonObject }
}

function cleanText(text: string, { key, place, redacted }: Place): string {
  const secrecy = names.ofKey(key)
  const isSecret = secrecy === 'word' ? isRandomId(text) : secrecy !== null
  const clean = isSecret && text !== '' ? REDACTED : scrubText(text)
  if (clean !== text) redacted.add(place)
  return clean
}
