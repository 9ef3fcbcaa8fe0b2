// Guarantee: EVENTS.md has every event that the best systems record and those that none does, and
// names for each a test that there is, and attributes that there are.
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { ATTR } from '@grantlog/record'

/** What they record, what they record besides, and what none of them does. */
const events = `
  authorization, accepted and refused
  consent granted, denied, revoked
  token issued, per grant type
  refresh token reuse
  revocation, asked for or by a cause
  introspection
  userinfo
  client authentication
  pushed requests, devices, back channel
  token exchange, act chain
  client registered, changed, deleted
  secret of a client rotated
  log-out, back-channel log-out, session begun and ended
  keys fetched
  keys rotated
  code issued, used, expired, replayed
  PKCE that fails
  rotation: family, count, age
  replay in a grace period, not reuse
  log-in at another site
  device that polls
  DPoP: nonce asked for, proof replayed, other key
  certificate missing or another one
  step-up: log-in asked for, and the one there was
  scope requested, allowed, granted
  resource, audience
  rate limit
  natural expiry
  records that survive sampling, linked to the trace
  one hash from issue to use to revocation
  denied by an API, with the reason
  the client's view: refresh refused, nobody there
  the client's view: from a cache or the network
  the client's view: clocks
  scopes granted and never used
  who acts for whom at an API
  posture by RFC 9700
  latency by grant type
  key sets: hit or fetched
  OCSF and ECS from one record
`
  .trim()
  .split('\n')
  .map((line) => line.trim())

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

const rows = read('EVENTS.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| event |'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))

test('each event has a row', () => {
  expect(rows.map(([event]) => event)).toEqual(events)
})

test('the actions and attributes are those of the registry', () => {
  const actions = read('../record/ATTRIBUTES.md')
  const known = new Set<string>(Object.values(ATTR))
  const isKnown = (name: string): boolean => known.has(name) || actions.includes(`- \`${name}\` `)
  const named = rows.flatMap(([, record, says]) => `${record} ${says}`.match(/[a-z_]+(\.\w+)+/g))
  expect(named.filter((name) => name !== null && !isKnown(name))).toEqual([])
})

test.each(rows)('%s: each test that proves it is there', (_event, _record, _says, proofs = '') => {
  const links = [...proofs.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)]
  expect(links.length).toBeGreaterThan(0)
  const missing = links.filter(([, label = '', path = '']) => !isIn(read(path), label))
  expect(missing.map(([, label, path]) => `${path}: ${label}`)).toEqual([])
})

/** As a whole text, or as a member. */
function isIn(source: string, label: string): boolean {
  const isText = ["'", '"', '`'].some((quote) => source.includes(`${quote}${label}${quote}`))
  return isText || new RegExp(`^ +${label}: \\[`, 'm').test(source)
}
