// What a sender reads about its refused spans: counts by code and what to do. See message.test.ts.
import { REFUSALS, type RefusalCode } from '../codes.ts'
import { countSpans, type Refusal } from '../flow.ts'
import { MAX_MESSAGE_CHARACTERS } from '../limits.ts'

/** `CODE: text (n spans); …` in the order of REFUSALS; empty when nothing was refused. */
export function refusalMessage(refusals: readonly Refusal[]): string {
  if (refusals.length === 0) return ''
  const noun = refusals[0]!.signal === 'logs' ? 'log record' : 'span'
  const codes = Object.keys(REFUSALS) as RefusalCode[]
  return codes
    .map((code) => ({ code, count: countSpans(refusals.filter((each) => each.code === code)) }))
    .filter(({ count }) => count > 0)
    .map(
      ({ code, count }) => `${code}: ${REFUSALS[code]} (${count} ${noun}${count > 1 ? 's' : ''})`,
    )
    .join('; ')
    .slice(0, MAX_MESSAGE_CHARACTERS)
}
