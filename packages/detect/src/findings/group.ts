// Detections of the same rule about the same become one finding, for a time. It is told when it
// begins, and when it was found 2, 4, 8 … times: an attack that goes on makes few leaves. A window
// is of the receiver's clock as the log has it, so that whoever looks again gets the same, and no
// sender's clock opens or ends one. See group.test.ts.
import type { FindingContent, FoundAgain } from '@grantlog/ledger'
import { jcsBytes, type JsonValue } from '@grantlog/record'
import type { Detection } from '../detection.ts'
import { GROUP_WINDOW_MS, MAX_OPEN_GROUPS, MAX_RULE_FINDINGS } from '../finding-limits.ts'
import { againId, findingId } from './identify.ts'

/** A leaf to be made. */
export interface Leaf {
  readonly id: string
  readonly content: FindingContent
}

type Last = Pick<Detection, 'atMs' | 'count' | 'records'>

interface Open {
  readonly finding: string
  readonly rule: string
  /** By the receiver's clock. */
  readonly since: number
  readonly times: number
  /** How often it was told to have been found. */
  readonly told: number
  readonly last: Last
}

export interface GrouperLimits {
  readonly windowMs: number
  readonly openMax: number
  readonly ruleFindingsMax: number
}

const usual: GrouperLimits = {
  windowMs: GROUP_WINDOW_MS,
  openMax: MAX_OPEN_GROUPS,
  ruleFindingsMax: MAX_RULE_FINDINGS,
}

export interface Grouper {
  /** Findings that may take in more. */
  readonly open: number
  /**
   * `madeAt`: Unix ms by the clock of who looks; `receivedMs`: by the receiver's, of the event that
   * was looked at.
   */
  take(detection: Detection, madeAt: number, receivedMs?: number): Leaf[]
  /** Somebody closed it: the same, found again, is another finding. */
  close(finding: string): void
  snapshot(): JsonValue
  restore(snapshot: JsonValue): void
}

export function createGrouper(limits: GrouperLimits = usual): Grouper {
  return new Groups(limits)
}

class Groups implements Grouper {
  readonly #limits: GrouperLimits
  /** In the order in which they began. */
  readonly #groups = new Map<string, Open>()
  readonly #ofRule = new Map<string, number>()

  constructor(limits: GrouperLimits) {
    this.#limits = limits
  }

  get open(): number {
    return this.#groups.size
  }

  take(detection: Detection, madeAt: number, receivedMs = detection.atMs): Leaf[] {
    const groups = this.#groups
    const leaves = this.#endOld(receivedMs, madeAt)
    const own = keyOf(detection)
    const ofRule = this.#ofRule.get(detection.rule.id) ?? 0
    const isOver = !groups.has(own) && ofRule >= this.#limits.ruleFindingsMax
    const taken = isOver ? tooMany(detection) : detection
    const key = isOver ? keyOf(taken) : own
    const open = groups.get(key)
    if (open === undefined)
      return [...leaves, ...this.#begin(key, taken, { madeAt, since: receivedMs })]
    const times = open.times + 1
    const isTold = (times & (times - 1)) === 0
    const next = { ...open, times, told: isTold ? times : open.told, last: lastOf(taken) }
    groups.set(key, next)
    return isTold ? [...leaves, again(next, madeAt)] : leaves
  }

  close(finding: string): void {
    for (const [key, open] of this.#groups) if (open.finding === finding) this.#end(key, open, 0)
  }

  snapshot(): JsonValue {
    return { groups: [...this.#groups] } as unknown as JsonValue
  }

  restore(snapshot: JsonValue): void {
    const from = snapshot as unknown as { groups: [string, Open][] }
    this.#groups.clear()
    this.#ofRule.clear()
    for (const [key, open] of from.groups) {
      this.#groups.set(key, open)
      this.#ofRule.set(open.rule, (this.#ofRule.get(open.rule) ?? 0) + 1)
    }
  }

  #begin(
    key: string,
    detection: Detection,
    { madeAt, since }: { readonly madeAt: number; readonly since: number },
  ): Leaf[] {
    const { rule } = detection
    const finding = findingId(detection)
    const leaves: Leaf[] = []
    if (this.#groups.size >= this.#limits.openMax) {
      const [oldest] = this.#groups
      leaves.push(...this.#end(oldest![0], oldest![1], madeAt))
    }
    const last = lastOf(detection)
    this.#groups.set(key, { finding, rule: rule.id, since, times: 1, told: 1, last })
    this.#ofRule.set(rule.id, (this.#ofRule.get(rule.id) ?? 0) + 1)
    return [...leaves, { id: finding, content: found(finding, detection, madeAt) }]
  }

  #end(key: string, open: Open, madeAt: number): Leaf[] {
    this.#groups.delete(key)
    const left = (this.#ofRule.get(open.rule) ?? 1) - 1
    if (left > 0) this.#ofRule.set(open.rule, left)
    else this.#ofRule.delete(open.rule)
    return open.told === open.times ? [] : [again(open, madeAt)]
  }

  #endOld(clockMs: number, madeAt: number): Leaf[] {
    const leaves: Leaf[] = []
    for (const [key, open] of this.#groups) {
      // What is not the oldest may be over, too: it ends when it is, or is found again.
      // A clock that was ahead and is put back must not leave it open for so long.
      if (Math.abs(clockMs - open.since) < this.#limits.windowMs) break
      leaves.push(...this.#end(key, open, madeAt))
    }
    return leaves
  }
}

function keyOf({ group, rule }: Detection): string {
  const pairs = group.map(([name, value]) => [name, value])
  return new TextDecoder().decode(jcsBytes([rule.id, pairs]))
}

/** One finding for all further groups of a rule that finds something everywhere. */
function tooMany(detection: Detection): Detection {
  const words = `${detection.rule.title}: about more than can be told one by one, counted here`
  return { ...detection, group: [], words }
}

function lastOf({ atMs, count, records }: Detection): Last {
  return { atMs, count, records }
}

function found(id: string, detection: Detection, madeAt: number): FindingContent {
  const { atMs: at, count, records, rule } = detection
  const { attack, hash, id: ruleId, level, title } = rule
  const named = { attack: attack.slice(0, 16), hash, id: ruleId, level, title: lineOf(title, 256) }
  const pairs = detection.group.slice(0, 16)
  const group = pairs.map(([name, value]) => [lineOf(name, 256), lineOf(value, 256)] as const)
  const words = lineOf(detection.words, 1_000)
  const some = records.slice(-32)
  return { kind: 'found', id, at, count, group, madeAt, records: some, rule: named, words }
}

/** A line that a leaf takes: nothing that was found is lost for how it is written. */
function lineOf(text: string, chars: number): string {
  const line = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ').slice(0, chars)
  return line === '' ? '-' : line.toWellFormed()
}

function again({ finding, last, times }: Open, madeAt: number): Leaf {
  const { atMs: at, count, records } = last
  const some = records.slice(-32)
  const content: FoundAgain = { kind: 'again', at, count, finding, madeAt, records: some, times }
  return { id: againId(finding, times), content }
}
