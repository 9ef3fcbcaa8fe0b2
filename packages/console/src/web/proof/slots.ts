// The step about slots: those that are disclosed, against their commitments.
import { type Input, type Step, stepOf } from './step.ts'

interface Slots {
  readonly openings: Readonly<Record<string, string>>
  /** As the record has them, by slot. */
  readonly commitments: ReadonlyMap<string, string>
  /** Whether an opening is of this slot, well-formed, and what was committed to. */
  readonly fits: (slot: string, opening: string) => boolean
}

export function slotsStepOf({ commitments, fits, openings }: Slots): Step {
  const entries = Object.entries(openings)
  const opened = entries.map(([slot, opening]): Input => {
    const mark = fits(slot, opening) ? 'fits' : 'differs'
    return { name: `Slot ${slot}, disclosed`, value: opening, form: 'block', mark }
  })
  const closed = [...commitments]
    .filter(([slot]) => !Object.hasOwn(openings, slot))
    .map(([slot, value]): Input => {
      return { name: `Slot ${slot}, only a commitment`, value, form: 'hash', mark: 'closed' }
    })
  const inputs = [...opened, ...closed]
  const misfit = entries.find((_, i) => opened[i]!.mark === 'differs')
  if (misfit) {
    const name = commitments.has(misfit[0]) ? misfit[0] : 'that the record does not have'
    return stepOf('slots', ['failed', `the opening of slot ${name} does not fit`], inputs)
  }
  const parts = [
    ...(opened.length > 0 ? [`${opened.length} disclosed, and fitting`] : []),
    ...(closed.length > 0 ? [`${closed.length} withheld or erased: only commitments`] : []),
  ]
  return stepOf('slots', ['passed', parts.join('; ') || 'the record has no personal data'], inputs)
}
