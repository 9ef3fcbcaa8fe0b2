// The step about the page itself: whether what it shows is what is proved, none left out or added.
import type { AttributeValue } from '@grantlog/record'
import { type Step, stepOf } from './step.ts'

/** What a page shows of a record. */
export interface Shown {
  readonly index: number
  readonly attributes: readonly { readonly name: string; readonly value: string }[]
}

/** What the bytes say: in themselves, and with the slots that a bundle discloses. */
export interface Said {
  readonly own: ReadonlyMap<string, AttributeValue>
  readonly all: ReadonlyMap<string, AttributeValue>
}

export function shownStepOf(shown: Shown, index: number, { all, own }: Said): Step {
  const step = (state: Step['state'], why: string): Step => stepOf('shown', [state, why])
  if (shown.index !== index) return step('failed', 'the bundle is of another record than the page')
  const page = new Map(shown.attributes.map(({ name, value }) => [name, value]))
  const wrong =
    [...own].find(([name, value]) => page.get(name) !== String(value)) ??
    [...page].find(([name, value]) => all.has(name) && String(all.get(name)) !== value)
  if (wrong !== undefined) return step('failed', `the page shows another ${wrong[0]}`)
  const compared = [...page.keys()].filter((name) => all.has(name)).length
  const rest = page.size - compared
  const more = rest > 0 ? `; ${rest} in slots that this bundle does not disclose were not` : ''
  return step('passed', `${compared} attributes were compared${more}`)
}
