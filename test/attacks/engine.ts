// All built-in detectors as one engine, and which rows each of their rules is for.
import {
  builtInRules,
  createEngine,
  type Engine,
  readRules,
  sigmaDetector,
} from '@grantlog/detect'
import { isObject } from '@grantlog/record'
import { parseAllDocuments } from 'yaml'
import { baselineDetectors, baselineRules } from '../../packages/detect/src/baselines/baselines.ts'
import { protocolDetectors, protocolRules } from '../../packages/detect/src/protocol/protocol.ts'

export interface BuiltIn {
  readonly engine: Engine
  /** By id of a rule: the rows of the specification that it is for. */
  readonly rowsOf: ReadonlyMap<string, readonly number[]>
  /** What was wrong with rules or detectors; nothing, if all is well. */
  readonly faults: readonly string[]
}

export async function builtInEngine(): Promise<BuiltIn> {
  const texts = await readRules(builtInRules, 'built-in')
  const sigma = sigmaDetector(texts)
  const faults = sigma.faults.map(({ file, what }) => `${file}: ${what}`)
  const coded = [...protocolDetectors(), ...baselineDetectors()]
  const engine = createEngine({
    detectors: { sigma, ...Object.fromEntries(coded.map((one, at) => [`coded-${at}`, one])) },
    onError: (detector, error) => faults.push(`${detector} threw ${String(error)}`),
  })
  const rowsOf = new Map(
    [...protocolRules, ...baselineRules].map(({ id, row }) => [id, [row]] as const),
  )
  const tagged = texts.flatMap(({ text }) => parseAllDocuments(text).map((one) => taggedRows(one)))
  return { engine, rowsOf: new Map([...rowsOf, ...tagged.flat()]), faults }
}

const tagForm = /^grantlog\.row-(\d+)$/

/** The rows by a rule's tags. */
function taggedRows(document: { toJS(): unknown }): (readonly [string, readonly number[]])[] {
  const rule = document.toJS() as { readonly id?: unknown; readonly tags?: unknown }
  if (!isObject(rule as never) || typeof rule.id !== 'string' || !Array.isArray(rule.tags)) return []
  const rows = rule.tags.flatMap((tag) => {
    const [, row] = tagForm.exec(String(tag)) ?? []
    return row === undefined ? [] : [Number(row)]
  })
  return [[rule.id, rows]]
}
