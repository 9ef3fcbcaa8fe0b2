// Guarantee: EVENTS.md has every event that the best systems record and those that none does, and
// names for each a test that there is, and attributes that there are.
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { ATTR } from '@grantlog/record'
import { expectedCalls } from './fixtures/clients/expected.ts'

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

/** Rows of the tables of a chapter, without their heads. */
const rowsIn = (chapter: string): string[][] =>
  chapter
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (?:event|servers|clients) \|/.test(line))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))

const chapters = read('EVENTS.md').split(/^## /m)
const rows = rowsIn(chapters[0]!)
const libraries = rowsIn(chapters.find((one) => one.startsWith('By library'))!)

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

test('each server and client that is hooked has a row', () => {
  const folder = ['better-auth', 'oauth2-server', 'oauth2orize']
  const told = libraries.map(([, , , link]) => /\[([^\]]+)\]\(([^)]+)\)/.exec(link!)!)
  const paths = told.map(([, , path]) => path)
  for (const one of folder) expect(paths).toContain(`test/fixtures/servers/${one}.txt`)
  expect(told.map(([, label]) => label)).toEqual(
    expect.arrayContaining(Object.keys(expectedCalls).filter((one) => one !== 'openid-client-5')),
  )
})

test.each(libraries)(
  '%s: what is recorded is what its tests have',
  (_library, says, _not, link) => {
    const [, label = '', path = ''] = /\[([^\]]+)\]\(([^)]+)\)/.exec(link!)!
    const actions = read('../record/ATTRIBUTES.md').matchAll(/^- `oauth\.(\w+)`/gm)
    const known = Array.from(actions, ([, action]) => action!)
    const named = known.filter((action) => new RegExp(`\\b${action}\\b`).test(says!))
    expect(named.toSorted()).toEqual(actionsOf(path, label).toSorted())
  },
)

/** Of the records that a test expects: a line each, or rows of the matrix. */
function actionsOf(path: string, label: string): string[] {
  const lines = path.endsWith('expected.ts') ? expectedCalls[label]! : [read(path)]
  const form = path.endsWith('.txt') ? /^(\w+)(?=,)/gm : /(?<=['\s]oauth\.)([a-z_]+)(?=['\s])/g
  const own = lines.filter((line) => !/^(?:openid-client|oauth4webapi) /.test(line))
  const found = own.flatMap((line) => Array.from(` ${line}`.matchAll(form), ([it]) => it))
  // `oauth.role` is no action.
  return [...new Set(found)].filter((action) => action !== 'role')
}

/** As a whole text, as a member, or as a line. */
function isIn(source: string, label: string): boolean {
  if (source.split('\n').includes(label)) return true
  const isText = ["'", '"', '`'].some((quote) => source.includes(`${quote}${label}${quote}`))
  return isText || new RegExp(`^ +${label}: \\[`, 'm').test(source)
}
