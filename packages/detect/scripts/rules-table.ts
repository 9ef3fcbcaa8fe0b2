// The table of RULES.md: what each rule file, and each rule that is code, says of itself.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { codedRules } from '../src/coded.ts'

export interface RuleRow {
  readonly rows: readonly number[]
  readonly title: string
  /** The file below `rules/`; null: it is code. */
  readonly file: string | null
  readonly id: string
  readonly level: string
  readonly attack: readonly string[]
  readonly references: readonly string[]
  readonly needs: readonly string[]
  readonly falsePositives: readonly string[]
}

/** Attacks by row, of the specification. */
export const attacks: ReadonlyMap<number, string> = new Map(
  `code replay; code injection; PKCE downgrade; redirect URI manipulation; mix-up; CSRF on callback;
  access or ID token injection; leak by URLs; open redirect, 307; refresh token reuse; stolen access
  token; DPoP or mTLS replay or strip; wrong audience, fake API; scope escalation; illicit consent;
  device-code phishing; password grant; client secret guessing; client secret read or added; role
  granted to an app; mass client registration; token-exchange abuse; use after revocation or expiry;
  API probing; dormant client wakes; session replay; bulk data through an app; client posing as
  owner;
  audit tampering; resource exhaustion; presented, never validated; role mismatch`
    .split(';')
    .map((name, at) => [at + 1, name.replace(/\s+/g, ' ').trim()]),
)

/** Rows that the protocol alone decides, and those where behaviour does. */
export const protocolRows: readonly number[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 17, 18, 22, 23, 24, 27, 28, 29, 30, 31, 32],
]
export const behaviouralRows: readonly number[] = [11, 15, 16, 19, 20, 21, 25, 26]

const folder = join(import.meta.dirname, '../rules')

/** All rules, by row; what comes first is a file. */
export function ruleRows(): RuleRow[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const sigma = files
    .filter((name) => name.endsWith('.yml'))
    .toSorted()
    .map(ofFile)
  const coded = codedRules.map(({ row, ...rule }): RuleRow => ({
    ...rule,
    rows: [row],
    file: null,
  }))
  return [...sigma, ...coded].toSorted((a, b) => a.rows[0]! - b.rows[0]!)
}

interface SigmaDocument {
  readonly title: string
  readonly id: string
  readonly level: string
  readonly tags?: readonly string[]
  readonly references?: readonly string[]
  readonly falsepositives?: readonly string[]
  readonly detection?: Readonly<Record<string, unknown>>
  readonly correlation?: {
    readonly 'group-by': readonly string[]
    readonly condition?: { readonly field?: string }
  }
}

/** The last document of a file is its rule; those before are what it correlates. */
function ofFile(file: string): RuleRow {
  const parsed = parseAllDocuments(readFileSync(join(folder, file), 'utf8'))
  if (!Array.isArray(parsed)) throw new Error(`${file}: empty`)
  const documents = parsed.map((one) => one.toJS() as SigmaDocument)
  const rule = documents.at(-1)!
  const tags = rule.tags ?? []
  const tagged = (start: string): string[] =>
    tags.filter((tag) => tag.startsWith(start)).map((tag) => tag.slice(start.length))
  return {
    ...{ file, title: rule.title, id: rule.id, level: rule.level },
    rows: tagged('grantlog.row-').map(Number),
    attack: tagged('attack.').map((tag) => tag.toUpperCase()),
    references: rule.references ?? [],
    needs: needsOf(documents),
    falsePositives: rule.falsepositives ?? [],
  }
}

function needsOf(documents: readonly SigmaDocument[]): string[] {
  const needs = [...new Set(documents.flatMap(fieldsOf))]
  return needs.length === 0 ? ['audit.action'] : needs
}

/** What every record has is no need. */
const everywhere = new Set(['audit.action', 'audit.outcome', 'oauth.role'])

function fieldsOf({ correlation, detection = {} }: SigmaDocument): string[] {
  const selected = Object.values(detection).flatMap((part) =>
    typeof part === 'object' && part !== null && !Array.isArray(part) ? Object.keys(part) : [],
  )
  const counted = correlation?.condition?.field
  const all = [...selected, ...(correlation?.['group-by'] ?? []), ...(counted ? [counted] : [])]
  return all.map((field) => field.split('|')[0]!).filter((field) => !everywhere.has(field))
}

const rfcWords = /^RFC (\d+) ([\d.]+)$/
const rfcSection = /^https:\/\/www\.rfc-editor\.org\/rfc\/rfc(\d+)#section-([\d.]+)$/

function referenceText(reference: string): string {
  const [, rfc, section] = rfcSection.exec(reference) ?? rfcWords.exec(reference) ?? []
  if (rfc !== undefined) {
    return `[RFC ${rfc} ${section}](https://www.rfc-editor.org/rfc/rfc${rfc}#section-${section})`
  }
  const [, technique] = /techniques\/(T[\d/]+?)\/?$/.exec(reference) ?? []
  if (technique !== undefined) return `[ATT&CK ${technique.replace('/', '.')}](${reference})`
  return reference.startsWith('https://openid.net/') ? `[OpenID](${reference})` : reference
}

/** As Markdown. */
export function rulesTable(): string {
  const lines = ruleRows().map((rule) => {
    const name =
      rule.file === null
        ? 'code'
        : `[${rule.file.replace(/^.*\/|\.yml$/g, '')}](rules/${rule.file})`
    const attack = rule.rows.map((row) => `${row} ${attacks.get(row)}`).join('; ')
    const cells = [
      ...[attack, rule.title, name, rule.level, rule.attack.join(', ')],
      rule.references.map(referenceText).join(', '),
      rule.needs
        .map((need) => (/^[a-z_.0-9]+$/.test(need) && need.includes('.') ? `\`${need}\`` : need))
        .join(', '),
      rule.falsePositives.join(' '),
    ]
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').trim()).join(' | ')} |`
  })
  const head =
    '| row and attack | rule | file | level | ATT&CK | reference | needs | false positives |'
  return [head, '|---|---|---|---|---|---|---|---|', ...lines].join('\n')
}
