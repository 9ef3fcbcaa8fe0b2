// All built-in detectors as one engine under the demo's policy, and which rows each of their rules
// is for.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type AuditEvent,
  builtInRules,
  codedRules,
  createEngine,
  detectorsOf,
  type Engine,
  readRules,
  sigmaDetector,
} from '@grantlog/detect'
import { parseAllDocuments } from 'yaml'
import { type PolicyRule, rulesOf } from '../../packages/detect/src/policy/rules.ts'

export interface BuiltIn {
  readonly engine: Engine
  /** By id of a rule: the rows of the specification that it is for. */
  readonly rowsOf: ReadonlyMap<string, readonly number[]>
  /** What was wrong with rules or detectors; nothing, if all is well. */
  readonly faults: readonly string[]
}

const policyFile = join(import.meta.dirname, '../../examples/demo/policy.json')

export async function builtInEngine(): Promise<BuiltIn> {
  const texts = await readRules(builtInRules, 'built-in')
  const sigma = sigmaDetector(texts)
  const faults = sigma.faults.map(({ file, what }) => `${file}: ${what}`)
  const engine = createEngine({
    detectors: detectorsOf(sigma, { builtIn: true }),
    onError: (detector, error) => faults.push(`${detector} threw ${String(error)}`),
  })
  engine.take(policyEvent(await readFile(policyFile, 'utf8')))
  const tagged = texts.flatMap(({ text }) => parseAllDocuments(text).flatMap(taggedRows))
  const coded = codedRules.map(({ id, row }) => [id, [row]] as const)
  return { engine, rowsOf: new Map([...coded, ...tagged, ...policyRows()]), faults }
}

/** As if the log had begun with it. */
function policyEvent(document: string): AuditEvent {
  const attributes = new Map([
    ['audit.action', 'ledger.policy'],
    ['ledger.policy.document', document],
  ])
  return { id: 'policy', index: 0, atMs: 0, receivedMs: 0, attributes }
}

const rowOfPolicy: Partial<Record<PolicyRule, number>> = {
  ...{ allowed_role: 32, allowed_scope: 32, denied: 32, denied_repeatedly: 32 },
  ...{ granted_beyond_client: 14, granted_beyond_role: 14, granted_unregistered: 14 },
  ...{ requested_beyond: 14, privileged: 27, privileged_by_other: 32, privileged_too_much: 27 },
  ...{ unknown_policy: 29, level_lowered: 29 },
}

function policyRows(): (readonly [string, readonly number[]])[] {
  const rows = rowOfPolicy as Readonly<Record<string, number | undefined>>
  return [...rulesOf({ hash: '' })].map(([name, { id }]) => {
    const row = rows[name]
    return [id, row === undefined ? [] : [row]]
  })
}

const tagForm = /^grantlog\.row-(\d+)$/

/** The rows by a rule's tags. */
function taggedRows(document: { toJS(): unknown }): (readonly [string, readonly number[]])[] {
  const { id, tags } = (document.toJS() ?? {}) as { readonly id?: unknown; readonly tags?: unknown }
  if (typeof id !== 'string' || !Array.isArray(tags)) return []
  const rows = tags.flatMap((tag) => {
    const [, row] = tagForm.exec(String(tag)) ?? []
    return row === undefined ? [] : [Number(row)]
  })
  return [[id, rows]]
}
