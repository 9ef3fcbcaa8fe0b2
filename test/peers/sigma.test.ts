// Guarantee: rules match what they match elsewhere. The same rules, over the same events, are asked
// of pySigma with its SQLite backend; where we differ on purpose, the last test says why.
import { expect } from '@jest/globals'
import { type AuditEvent, type Detection, sigmaDetector } from '@grantlog/detect'
import { peerTest } from './peer-test.ts'
import { type Alert, askOracle } from './sigma/asking.ts'
import {
  drawCorrelated,
  drawCorrelations,
  drawEvents,
  drawRules,
  eventsFrom,
} from './sigma/draw.ts'

function found(text: string, events: readonly AuditEvent[]): readonly Detection[] {
  const detector = sigmaDetector([{ name: 'drawn.yml', text }])
  expect({ text, faults: detector.faults }).toEqual({ text, faults: [] })
  return events.flatMap((event) => detector.take(event))
}

const deciding = ({ records }: Detection): string => records.at(-1)!.id

peerTest('drawn rules match the same events as by pySigma', ['sigma-python'], async () => {
  const [rules, events] = [drawRules(400), drawEvents(200)]
  const answers = await askOracle(rules, events)
  let [asked, matched] = [0, 0]
  for (const [i, text] of rules.entries()) {
    const { error, matches } = answers[i]!
    const ours = found(text, events).map(deciding)
    expect({ text, error, matches: ours }).toEqual({ text, error: undefined, matches })
    asked++
    if (ours.length > 0 && ours.length < events.length) matched++
  }
  // Rules that match all or nothing compare little.
  expect(matched).toBeGreaterThan(asked / 2)
})

peerTest('drawn correlations fire for the same windows', ['sigma-python'], async () => {
  const [rules, events] = [drawCorrelations(200), drawCorrelated(120)]
  const answers = await askOracle(
    rules.map(({ text }) => text),
    events,
  )
  let fired = 0
  for (const [i, { text, timespanMs }] of rules.entries()) {
    const { alerts = [], error } = answers[i]!
    const ours = found(text, events)
      .filter(({ rule }) => rule.title === 'Drawn')
      .map(alertOf)
    const theirs = oncePerTimespan(alerts, timespanMs)
    expect({ text, error, alerts: ours.toSorted(byTime) }).toEqual({
      ...{ text, error: undefined },
      alerts: theirs.map(({ endMs, group }) => ({ endMs, group })).toSorted(byTime),
    })
    fired += ours.length
  }
  expect(fired).toBeGreaterThan(1_000)
})

/** Each row: why, a detection, and of two events which match, by us and by SQLite. */
const differences: readonly Difference[] = [
  {
    why: 'a list is matched item by item; SQL has no lists',
    detection: { 'oauth.scope.granted': 'admin' },
    values: ['admin openid', 'openid'],
    ...{ ours: [0], theirs: [] },
  },
  {
    why: 'letters have two cases outside of ASCII, too',
    detection: { 'oauth.client.name': 'É' },
    values: ['é', 'É'],
    ...{ ours: [0, 1], theirs: [1] },
  },
  {
    why: 'a network is compared as a network; there, as the beginning of a text',
    detection: { 'client.address|cidr': '192.0.2.0/24' },
    values: ['192.0.2.7', '192.0.2.x'],
    ...{ ours: [0], theirs: [0, 1] },
  },
  {
    why: 'an address has many spellings',
    detection: { 'client.address|cidr': '2001:db8::/32' },
    values: ['2001:db8::7', '2001:0db8::7'],
    ...{ ours: [0, 1], theirs: [0] },
  },
  {
    why: 'a number may have been written as a text',
    detection: { 'oauth.client.name': 401 },
    values: ['401', '402'],
    ...{ ours: [0], theirs: [] },
  },
]

interface Difference {
  readonly why: string
  readonly detection: Readonly<Record<string, unknown>>
  /** Of the detection's field, one for each event. */
  readonly values: readonly string[]
  readonly ours: readonly number[]
  readonly theirs: readonly number[]
}

peerTest('where we differ, it is for a reason', ['sigma-python'], async () => {
  const fieldOf = ({ detection }: Difference): string => Object.keys(detection)[0]!.split('|')[0]!
  const events = eventsFrom(
    differences.flatMap((one) => one.values.map((value) => ({ [fieldOf(one)]: value }))),
  )
  const texts = differences.map(({ detection }, i) =>
    JSON.stringify({
      ...{ title: 'Differs', id: `00000000-0000-4000-8000-00000000000${i}` },
      logsource: { product: 'grantlog' },
      detection: { selection: detection, condition: 'selection' },
    }),
  )
  const answers = await askOracle(texts, events)
  let first = 0
  for (const [i, { ours, theirs, values, why }] of differences.entries()) {
    const own = events.slice(first, first + values.length)
    first += values.length
    const places = (ids: readonly string[]): number[] =>
      [...own.keys()].filter((place) => ids.includes(own[place]!.id))
    const { error, matches = [] } = answers[i]!
    const matched = places(found(texts[i]!, own).map(deciding))
    expect({ why, error, ours: matched, theirs: places(matches) }).toEqual({
      ...{ why, error: undefined, ours, theirs },
    })
  }
})

interface Fired {
  readonly endMs: number
  readonly group: Readonly<Record<string, string>>
}

const alertOf = ({ atMs, group }: Detection): Fired => {
  return { endMs: atMs, group: Object.fromEntries(group) }
}

const byTime = (a: Fired, b: Fired): number =>
  a.endMs - b.endMs || JSON.stringify(a.group).localeCompare(JSON.stringify(b.group))

/** SQLite tells every window; we tell people once for each timespan of a group. */
function oncePerTimespan(alerts: readonly Alert[], timespanMs: number): readonly Alert[] {
  const last = new Map<string, number>()
  return alerts
    .toSorted((a, b) => a.endMs - b.endMs)
    .filter(({ endMs, group }) => {
      const key = JSON.stringify(group)
      const told = last.get(key)
      if (told !== undefined && endMs <= told + timespanMs) return false
      last.set(key, endMs)
      return true
    })
}
