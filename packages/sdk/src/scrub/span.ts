// A span that has ended, scrubbed where it is: exporters that come later read the same object, and
// `setAttribute` does nothing any more. Its own containers are changed; what may belong to the
// application, such as a list that it gave as a value, is replaced by a copy.
import { isRandomId, REDACTED, type ScrubText, type SecretNames } from '@grantlog/record/scrub'
import { scrubbedCharsMax, scrubbedDepthMax, scrubbedSpanCharsMax } from '../limits.ts'

/** What the values of one span are scrubbed with. */
interface Scrubber {
  readonly names: SecretNames
  readonly scrubText: ScrubText
  /** Characters that may still be read; a value counts one more. Beyond, all is redacted. */
  left: number
}

const parts = ['name', 'status', 'attributes', 'events', 'links'] as const
/** Parts that are containers of the span itself: who holds one sees what is changed in it. */
const containers: readonly string[] = ['attributes', 'events', 'links']

/** Scrubs name, status, attributes, events and links. Never throws, whatever the object does. */
export function scrubSpan(span: object, names: SecretNames, scrubText: ScrubText): void {
  const scrubber = { names, scrubText, left: scrubbedSpanCharsMax }
  for (const part of parts) {
    try {
      const before: unknown = Reflect.get(span, part)
      const after = scrubValue(before, part, scrubber)
      if (after !== before) replace(span, part, after, before)
    } catch {
      // A part that cannot be read or set, in an object of somebody else, keeps no other secret.
    }
  }
}

function replace(span: object, part: string, after: unknown, before: unknown): void {
  const ways = [() => Reflect.set(span, part, after), () => assign(before, after)]
  if (containers.includes(part)) ways.reverse()
  // The other way is for spans that are sealed or have accessors without a setter.
  if (!ways[0]?.()) ways[1]?.()
}

/** Sets the members of `to` that `from` has other values for; says whether all could be set. */
function assign(to: unknown, from: unknown): boolean {
  if (!isContainer(to) || !isContainer(from)) return false
  return Object.keys(from)
    .filter((key) => Reflect.get(to, key) !== Reflect.get(from, key))
    .map((key) => Reflect.set(to, key, Reflect.get(from, key)))
    .every(Boolean)
}

/** The value without its secrets: the very same where there are none, else a copy. */
function scrubValue(value: unknown, key: string, scrubber: Scrubber, depth = 0): unknown {
  scrubber.left -= 1
  if (typeof value === 'string') return scrubString(value, key, scrubber)
  if (!isContainer(value)) return value
  if (depth > scrubbedDepthMax || scrubber.left < 0) return REDACTED
  const isList = Array.isArray(value)
  const entries = Object.entries(value).map(([name, member]): [string, unknown] => {
    const under = isList ? (nameBefore(value, Number(name), scrubber.names) ?? key) : name
    return [name, scrubValue(member, under, scrubber, depth + 1)]
  })
  if (entries.every(([name, member]) => member === Reflect.get(value, name))) return value
  return isList ? entries.map(([, member]) => member) : Object.fromEntries(entries)
}

/** In a list of names and values by turns, as Node's `rawHeaders`, the secret name of a value. */
function nameBefore(list: readonly unknown[], at: number, names: SecretNames): string | null {
  const [name, value] = [list[at - 1], list[at]]
  if (at % 2 === 0 || list.length % 2 !== 0 || typeof name !== 'string') return null
  // A list of names alone has no values: of headers that are allowed, of grant types.
  const isName =
    typeof value === 'string' && (/^[a-z_]{1,32}$/.test(value) || names.ofKey(value) !== null)
  return !isName && names.ofKey(name) !== null ? name : null
}

function scrubString(text: string, key: string, scrubber: Scrubber): string {
  scrubber.left -= text.length
  const isTooMuch = text.length > scrubbedCharsMax || scrubber.left < 0
  if (isTooMuch || isSecretAt(key, text, scrubber.names)) return REDACTED
  try {
    return scrubber.scrubText(text)
  } catch {
    // What cannot be searched may hold a secret.
    return REDACTED
  }
}

function isSecretAt(key: string, text: string, names: SecretNames): boolean {
  const secrecy = names.ofKey(key)
  return secrecy === 'word' ? isRandomId(text) : secrecy !== null
}

/** A list or a plain object: bytes, a `TraceState` and the like hold no text of an attribute. */
function isContainer(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return Array.isArray(value) || prototype === Object.prototype || prototype === null
}
