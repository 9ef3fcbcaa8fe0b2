// What a refresh token that came again gave away, in sentences whose words lead to the records. See
// theft.test.ts.
import type { Reuse } from '../../api/lineage.ts'
import { countOf, countText } from '../parts/numbers.ts'

export interface Phrase {
  readonly text: string
  /** Of the record that tells it. */
  readonly index?: number
  /** ISO 8601: when that was. */
  readonly at?: string
  readonly isAlarm?: boolean
}

/** Calls and records that are named; the rest is told by number. */
const namedMax = 4

export function theftOf(reuse: Reuse): Phrase[] {
  return [...came(reuse), ...got(reuse), ...did(reuse), ...ended(reuse)].filter(
    ({ text }) => text !== '',
  )
}

function came({ again, at, client, index, refused, usedAt, usedBy }: Reuse): Phrase[] {
  const whose = client === '' ? '' : ` of ${client}`
  const first: Phrase[] =
    usedBy === null
      ? [{ text: ' ' }]
      : [{ text: ', ' }, { text: 'first used', index: usedBy, at: usedAt }, { text: ', ' }]
  return [
    { text: `A refresh token${whose}` },
    ...first,
    { text: 'came again', index, at },
    { text: again.length === 0 ? '' : `, and ${times(again.length)} more` },
    refused ? { text: ', and was refused. ' } : { text: ', and was taken again. ', isAlarm: true },
  ]
}

function got({ issued }: Reuse): Phrase[] {
  if (issued.length === 0) return [{ text: 'Nothing had been handed out for it. ' }]
  return [
    { text: `Tokens were handed out for it ${times(issued.length)}, in ` },
    ...listed(
      issued.map((index) => ({ text: `record ${index}`, index })),
      'records',
    ),
  ]
}

function did({ calls, issued }: Reuse): Phrase[] {
  if (issued.length === 0) return []
  if (calls.length === 0) return [{ text: '. No call with them was recorded. ' }]
  const told = calls.map(({ after, before, index, privileged, service, what }): Phrase => {
    const count = before + after === 1 ? '' : ` ×${countText(before + after)}`
    const kind = privileged === '' ? '' : ` (privileged: ${privileged})`
    return { text: `${short(what)} at ${service}${count}${kind}`, index, isAlarm: kind !== '' }
  })
  return [{ text: '. With them were called ' }, ...listed(told, 'kinds of call'), { text: '. ' }]
}

function ended({ calls, issued, refusals, revokedAt, revokedBy }: Reuse): Phrase[] {
  if (issued.length === 0) return []
  const late = calls.reduce((sum, { after }) => sum + after, 0)
  const end: Phrase[] =
    revokedBy === null
      ? [{ text: 'Not all of these tokens were revoked. ', isAlarm: true }]
      : [{ text: 'They ' }, { text: 'were revoked', index: revokedBy, at: revokedAt }, stop]
  const [refusal] = refusals
  return [
    ...end,
    late === 0
      ? { text: '' }
      : { text: `After that ${countOf(late, 'more call')} got in. `, isAlarm: true },
    ...(refusal === undefined
      ? []
      : [
          { text: 'Since the reuse they ' },
          { text: `were refused ${times(refusals.length)}`, index: refusal },
          stop,
        ]),
  ]
}

const stop: Phrase = { text: '. ' }

/** `a, b and c`; of too many the first, and how many more `things` there are. */
function listed(phrases: readonly Phrase[], things: string): Phrase[] {
  const named = phrases.slice(0, namedMax)
  const rest = phrases.length - named.length
  const all = rest === 0 ? named : [...named, { text: `${countText(rest)} more ${things}` }]
  return all.flatMap((phrase, n) => {
    if (n === 0) return [phrase]
    return [{ text: n === all.length - 1 ? ' and ' : ', ' }, phrase]
  })
}

function times(count: number): string {
  return count === 1 ? 'once' : count === 2 ? 'twice' : `${countText(count)} times`
}

/** Whole on the record's page. */
function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
