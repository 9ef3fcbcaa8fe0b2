// What a stolen refresh token gave away, in a sentence. See reuse-text.test.ts.
import type { Lineage, Reuse, ReuseCalls } from '@grantlog/query'
import { printable } from './printable.ts'
import { counted, grouped } from './progress.ts'

/** Kinds of calls told one by one; the rest are counted. */
const callsMax = 4
/** Records of one kind that are named. */
const placesMax = 5

export interface ReuseText {
  /** What a thief got at most: the one sentence that is asked for. */
  readonly sentence: string
  /** Of which token, and what is not known. */
  readonly details: string
}

/** For each token that came again; nothing of what a record says can write to the terminal. */
export function reuseTexts({ cut, reuses }: Pick<Lineage, 'cut' | 'reuses'>): ReuseText[] {
  const reach = cut ? 'as far as is shown' : 'at most'
  return reuses.map((reuse) => ({
    sentence: printable(`What a thief got, ${reach}: ${gotBy(reuse)}${whileOf(reuse)}.`),
    details: printable(detailsOf(reuse)),
  }))
}

function gotBy({ calls, issued }: Reuse): string {
  if (issued.length === 0) return 'nothing, for nothing was handed out for it'
  const times = `tokens ${issued.length === 1 ? 'once' : `${grouped(issued.length)} times`}`
  const count = calls.reduce((sum, { after, before }) => sum + before + after, 0)
  if (count === 0) return `${times}, with which no call was let in`
  const told = calls.slice(0, callsMax).map(callOf)
  const rest = calls.length - told.length
  const more = rest === 0 ? [] : [`and ${counted(rest, 'other')}`]
  const list = [...told, ...more].join(', ')
  return `${times}, and ${counted(count, 'call')} with them let in (${list})`
}

/** `2 × GET /orders at api, 1 of them after the revocation`. */
function callOf({ after, before, privileged, service, what }: ReuseCalls): string {
  const kind = privileged === '' ? '' : ` [${privileged}]`
  const late = after === 0 ? '' : `, ${grouped(after)} of them after the revocation`
  return `${grouped(before + after)} × ${what}${kind} at ${service}${late}`
}

/** Since when two had it, when that came out, and what became of all that it had given. */
function whileOf(reuse: Reuse): string {
  const { at, index, usedAt, usedBy } = reuse
  if (usedBy === null) {
    return `; the reuse of the refresh token ${momentOf(at)} (#${index}) ${endOf(reuse)}`
  }
  const since = `, since the refresh token was first used ${momentOf(usedAt)} (#${usedBy})`
  return `${since}; its reuse ${momentOf(at, usedAt)} (#${index}) ${endOf(reuse)}`
}

function endOf(reuse: Reuse): string {
  const { at, index, issued, refused, revokedAt, revokedBy } = reuse
  const answer = refused ? 'was refused' : 'was let in'
  const what = issued.length === 0 ? 'its grant' : 'all that it had given'
  if (revokedBy === index) return `${answer} and revoked ${what}`
  const isOpen = issued.length === 0 ? 'nothing was revoked' : 'not all of it has been revoked'
  if (revokedAt === '') return `${answer}; ${isOpen}`
  const when = revokedAt < at ? 'had been revoked before,' : 'was revoked only'
  const by = revokedBy === null ? '' : ` (#${revokedBy})`
  return `${answer}; ${what} ${when} ${momentOf(revokedAt, at)}${by}`
}

function detailsOf({ again, client, issuedBy, refusals, token }: Reuse): string {
  const named = token === '' ? 'A refresh token that no record names' : `Refresh token ${token}`
  const from = issuedBy === null ? '' : `, handed out by #${issuedBy}`
  const more = again.length === 0 ? '' : ` It came yet again in ${placesOf(again)}.`
  const refused =
    refusals.length === 0 ? '' : ` What it had given was refused since in ${placesOf(refusals)}.`
  const of = client === '' ? '' : ` of client ${client}`
  const unknown = 'Which of its two holders was the thief no record says.'
  return `${named}${of}${from}.${more}${refused} ${unknown}`
}

function placesOf(indexes: readonly number[]): string {
  const rest = indexes.length - placesMax
  const told = indexes.slice(0, placesMax).map((index) => `#${index}`)
  return [...told, ...(rest > 0 ? [`${grouped(rest)} more`] : [])].join(', ')
}

/** `on 2026-11-26 at 11:02:06.301 UTC`, without the day where it is that of the one told before. */
function momentOf(at: string, before = ''): string {
  if (!/^\d{4}-/.test(at)) return `at ${at}`
  const [day, time] = [at.slice(0, 10), at.slice(11, 23)]
  return before.startsWith(day) ? `at ${time}` : `on ${day} at ${time} UTC`
}
