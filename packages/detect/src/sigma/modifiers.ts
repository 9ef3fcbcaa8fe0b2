// Value modifiers (Sigma specification 2.1.0, appendix): what stands behind the field's name, in
// order, applied to each value. See modifiers.test.ts.
import { MAX_REGEX_CHARS, MAX_VALUE_CHARS, MAX_WINDASHES } from '../limits.ts'
import { cidrMatcher } from './cidr.ts'
import { base64Offsets, bytesOf, dashed, wide, wideBigEndian } from './encode.ts'
import { type Path, Trouble } from './fault.ts'
import { mapTexts, opened, parsePattern, type Pattern, plainOf } from './pattern.ts'
import { regexMatcher } from './regex.ts'
import type { FieldHow, Test } from './syntax.ts'

/** A value as YAML gives it. */
export type Scalar = string | number | boolean | null

/** A field's name and modifiers: `name|contains|all`. */
export interface FieldKey {
  /** Null: keywords. */
  readonly field: string | null
  readonly modifiers: readonly string[]
  readonly isAll: boolean
  readonly isNegated: boolean
}

const opening = {
  contains: { before: true, behind: true },
  startswith: { before: false, behind: true },
  endswith: { before: true, behind: false },
} as const

const regexFlags: Readonly<Record<string, string>> = {
  ...{ i: 'i', m: 'm', s: 's' },
  ...{ ignorecase: 'i', multiline: 'm', dotall: 's' },
}

const texts = ['base64', 'base64offset', 'wide', 'utf16le', 'utf16be', 'utf16', 'windash']
const comparisons = ['lt', 'lte', 'gt', 'gte'] as const
const kinds = ['re', 'cidr', 'exists', 'fieldref', ...comparisons] as const
const known = new Set([
  ...['all', 'neq', 'cased', ...kinds, ...texts],
  ...Object.keys(opening),
  ...Object.keys(regexFlags),
])
/** Of the specification, but not of this engine; each with its reason. */
const refused: Readonly<Record<string, string>> = {
  expand: 'there are no placeholders to expand: write the values out',
  ...Object.fromEntries(
    ['minute', 'hour', 'day', 'week', 'month', 'year'].map((part) => [
      part,
      'no attribute of a record is a date',
    ]),
  ),
}

/** Throws Trouble: RULE_MODIFIER. */
export function parseKey(key: string, path: Path): FieldKey {
  const [field = '', ...modifiers] = key.split('|')
  for (const modifier of modifiers) {
    const reason = refused[modifier]
    if (reason !== undefined) {
      throw new Trouble('RULE_MODIFIER', path, `\`${modifier}\` is not taken: ${reason}`)
    }
    if (!known.has(modifier)) {
      throw new Trouble('RULE_MODIFIER', path, `there is no modifier \`${modifier}\``)
    }
  }
  const [isAll, isNegated] = [modifiers.includes('all'), modifiers.includes('neq')]
  const rest = modifiers.filter((one) => one !== 'all' && one !== 'neq')
  if (field === '' && rest.some((one) => ['exists', 'fieldref', 'cidr'].includes(one))) {
    throw new Trouble('RULE_MODIFIER', path, `\`${rest.join('|')}\` needs a field before it`)
  }
  return { field: field === '' ? null : field, modifiers: rest, isAll, isNegated }
}

/** The tests that a value becomes; any of them is enough. Throws Trouble. */
export function testsOf(value: Scalar, { field, modifiers }: FieldKey, path: Path): Test[] {
  const kind = kinds.find((one) => modifiers.includes(one))
  if (kind === undefined) return plainTests(value, { field, modifiers }, path)
  const others = modifiers.filter((one) => one !== kind)
  switch (kind) {
    case 're':
      return [regexTest(value, others, path)]
    case 'cidr':
      return [cidrTest(value, others, path)]
    case 'exists':
      none(others, kind, path)
      if (typeof value === 'boolean') return [{ is: 'exists', exists: value }]
      throw new Trouble('RULE_VALUE', path, '`exists` takes true or false')
    case 'fieldref':
      return [fieldTest(value, others, path)]
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      none(others, kind, path)
      if (typeof value === 'number') return [{ is: 'compare', operator: kind, value }]
      throw new Trouble('RULE_VALUE', path, `\`${kind}\` takes a number`)
  }
}

function none(others: readonly string[], kind: string, path: Path): void {
  if (others.length === 0) return
  throw new Trouble('RULE_MODIFIER', path, `\`${others[0]}\` does not go with \`${kind}\``)
}

function regexTest(value: Scalar, others: readonly string[], path: Path): Test {
  none(
    others.filter((one) => regexFlags[one] === undefined),
    're',
    path,
  )
  const flags = [...new Set(others.map((one) => regexFlags[one]))].join('')
  const source = textOf(value, 're', path)
  if (source.length > MAX_REGEX_CHARS) {
    throw new Trouble('RULE_REGEX', path, `longer than ${MAX_REGEX_CHARS} characters`)
  }
  try {
    regexMatcher(source, flags)
  } catch (error) {
    throw new Trouble('RULE_REGEX', path, (error as Error).message)
  }
  return { is: 'regex', source, flags }
}

function cidrTest(value: Scalar, others: readonly string[], path: Path): Test {
  none(others, 'cidr', path)
  const network = textOf(value, 'cidr', path)
  if (cidrMatcher(network) !== null) return { is: 'cidr', network }
  const fix = 'Write an address, a slash and a prefix length, the other bits zero: 10.0.0.0/8.'
  throw new Trouble('RULE_VALUE', path, 'this is no network', { fix })
}

function fieldTest(value: Scalar, others: readonly string[], path: Path): Test {
  const hows = others.filter((one) => one in opening) as FieldHow[]
  none(
    others.filter((one) => one !== 'cased' && !(one in opening)),
    'fieldref',
    path,
  )
  // What begins with something and ends with it is not what contains it, but Sigma says so.
  const how = hows.length > 1 ? 'contains' : (hows[0] ?? 'equals')
  const name = textOf(value, 'fieldref', path)
  return { is: 'field', name, how, cased: others.includes('cased') }
}

function plainTests(
  value: Scalar,
  { field, modifiers }: Pick<FieldKey, 'field' | 'modifiers'>,
  path: Path,
): Test[] {
  if (modifiers.length === 0) {
    if (value === null) {
      if (field !== null) return [{ is: 'null' }]
      throw new Trouble('RULE_VALUE', path, 'null is no keyword')
    }
    if (field !== null && typeof value === 'number') return [{ is: 'number', value }]
    if (field !== null && typeof value === 'boolean') return [{ is: 'boolean', value }]
  }
  if (value === null) {
    throw new Trouble('RULE_VALUE', path, `\`${modifiers.join('|')}\` takes no null`)
  }
  const cased = modifiers.includes('cased')
  let patterns: Pattern[] = [parsePattern(checked(String(value), path))]
  for (const [i, modifier] of modifiers.entries()) {
    const flag = regexFlags[modifier]
    if (flag !== undefined) {
      throw new Trouble('RULE_MODIFIER', path, `\`${modifier}\` goes with \`re\``)
    }
    const isUtf16 = modifiers.slice(0, i).includes('utf16')
    patterns = patterns.flatMap((one) => modified(one, modifier, { isUtf16, path }))
  }
  // A keyword is looked for anywhere.
  const around = (one: Pattern): Pattern => (field === null ? opened(one, opening.contains) : one)
  return patterns.map((one) => ({ is: 'text', pattern: around(one), cased }))
}

interface Modifying {
  readonly isUtf16: boolean
  readonly path: Path
}

function modified(pattern: Pattern, modifier: string, { isUtf16, path }: Modifying): Pattern[] {
  const whole = (): Buffer => {
    const plain = plainOf(pattern)
    if (plain !== null) return bytesOf(plain, isUtf16)
    throw new Trouble('RULE_VALUE', path, `\`${modifier}\` takes no wildcards: it encodes`)
  }
  const widened = (widen: (text: string) => string | null): Pattern =>
    mapTexts(pattern, (text) => {
      const wider = widen(text)
      if (wider !== null) return wider
      throw new Trouble('RULE_VALUE', path, `\`${modifier}\` takes ASCII alone`)
    })
  switch (modifier) {
    case 'contains':
    case 'startswith':
    case 'endswith':
      return [opened(pattern, opening[modifier])]
    case 'base64':
      return [[whole().toString('base64')]]
    case 'base64offset':
      return base64Offsets(whole()).map((text) => [text])
    case 'wide':
    case 'utf16le':
      return [widened(wide)]
    case 'utf16be':
      return [widened(wideBigEndian)]
    case 'utf16':
      return [['\ufeff', ...widened(wide)].reduce<Pattern>(joined, [])]
    case 'windash':
      return dashedPatterns(pattern, path)
    default:
      return [pattern]
  }
}

/** Two texts beside each other are one. */
function joined(parts: Pattern, part: Pattern[number]): Pattern {
  const last = parts.at(-1)
  if (typeof last !== 'string' || typeof part !== 'string') return [...parts, part]
  return [...parts.slice(0, -1), last + part]
}

function dashedPatterns(pattern: Pattern, path: Path): Pattern[] {
  return pattern.reduce<Pattern[]>(
    (spelled, part) => {
      const ways = typeof part === 'string' ? dashed(part) : [part]
      if (ways !== null && spelled.length * ways.length <= 5 ** MAX_WINDASHES) {
        return spelled.flatMap((one) => ways.map((way) => [...one, way]))
      }
      throw new Trouble('RULE_VALUE', path, `more than ${MAX_WINDASHES} dashes for \`windash\``)
    },
    [[]],
  )
}

function textOf(value: Scalar, modifier: string, path: Path): string {
  if (typeof value === 'string' || typeof value === 'number') return checked(String(value), path)
  throw new Trouble('RULE_VALUE', path, `\`${modifier}\` takes a text`)
}

function checked(text: string, path: Path): string {
  if (text.length <= MAX_VALUE_CHARS) return text
  throw new Trouble('RULE_TOO_LARGE', path, `a value of more than ${MAX_VALUE_CHARS} characters`)
}
