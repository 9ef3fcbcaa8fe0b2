// A record as a line that a person would write: who did what, where, for whom. Its values stay
// apart from its words, so that each can be searched for. See sentence.test.ts.
import type { RecordDetail } from '../../api/records.ts'

export interface Said {
  readonly value: string
  /** The field to search it with. */
  readonly field: string
  /** Shortened in the middle. */
  readonly isHash?: boolean
}

export type Phrase = string | Said

/** Words around the place where it was done: before the service's name, and behind it. */
type Verb = readonly [before: string, behind?: string]

/** As the one who is asked tells it: `web asked login for tokens`. */
const asked: Readonly<Record<string, Verb>> = {
  'oauth.authorize': ['asked', 'for an authorization'],
  'oauth.par': ['pushed an authorization request to'],
  'oauth.login': ['logged in at'],
  'oauth.consent': ['was asked for consent at'],
  'oauth.token': ['asked', 'for tokens'],
  'oauth.introspect': ['asked', 'whether a token is active'],
  'oauth.revoke': ['asked', 'to revoke a token'],
  'oauth.userinfo': ['asked', 'who the user is'],
  'oauth.register': ['changed a client registration at'],
  'oauth.device_authorization': ['began a device authorization at'],
  'oauth.device_verification': ['confirmed a device at'],
  'oauth.backchannel_authentication': ['asked', 'for a login on another device'],
  'oauth.end_session': ['logged out at'],
  'oauth.backchannel_logout': ['told', 'about a logout'],
  'oauth.resource_access': ['called'],
}

/** What was not done is not told as if it had been. */
const tried: Readonly<Record<string, string>> = {
  'oauth.login': 'tried to log in at',
  'oauth.register': 'tried to change a client registration at',
  'oauth.device_verification': 'tried to confirm a device at',
  'oauth.end_session': 'tried to log out at',
}

/** As a service tells of itself: `shop asked for tokens`. */
const own: Readonly<Record<string, string>> = {
  'oauth.authorize': 'sent a user to log in',
  'oauth.par': 'pushed an authorization request',
  'oauth.token': 'asked for tokens',
  'oauth.introspect': 'asked whether a token is active',
  'oauth.revoke': 'asked to revoke a token',
  'oauth.userinfo': 'asked who the user is',
  'oauth.end_session': 'sent a user to log out',
  'oauth.backchannel_logout': 'was told about a logout',
  'oauth.resource_access': 'called an API',
  'oauth.token_validation': 'validated a token',
  'oauth.jwks_fetch': 'fetched keys',
  'oauth.discovery': 'fetched metadata',
  'oauth.key_rotation': 'changed its signing keys',
  'audit.stream.start': 'began its stream of records',
  'audit.stream.heartbeat': 'said that its stream is alive',
  'audit.stream.stop': 'ended its stream of records',
  'audit.ledger.fork': 'saw two checkpoints that contradict each other',
  'audit.response.withheld': 'withheld a response, though the action was done',
  'audit.observed.gap': 'has no events any more of this time',
}

/** Empty values leave their words out. */
export function sentenceOf({
  attributes = [],
  row,
}: Pick<RecordDetail, 'row'> & Partial<Pick<RecordDetail, 'attributes'>>): Phrase[] {
  const { action, client, grantType, outcome, role, route } = row
  // Of what an adapter saw, the service is another one than the one that signed.
  const seen = attributes.find(({ name }) => name === 'audit.observed.service')?.value
  const isOwn = role === 'client' || !(action in asked)
  const verb = outcome === 'success' ? asked[action] : (triedOf(action) ?? asked[action])
  const place: Said =
    seen === undefined
      ? { value: row.service, field: 'service' }
      : { value: seen, field: 'audit.observed.service' }
  const doing: Phrase[] =
    isOwn || verb === undefined
      ? [place, own[action] ?? 'did', ...(own[action] ? [] : [{ value: action, field: 'action' }])]
      : [...subjectOf(row), verb[0], ...objectOf(row, place), ...(verb[1] ? [verb[1]] : [])]
  const by: Phrase[] = grantType === '' ? [] : ['by', { value: grantType, field: 'grant' }]
  const called: Phrase[] =
    isOwn && action === 'oauth.resource_access' && route !== ''
      ? [{ value: route, field: 'route' }]
      : []
  const as: Phrase[] =
    isOwn && client !== '' ? ['as client', { value: client, field: 'client' }] : []
  return [...doing, ...called, ...by, ...as, ...forWhom(row, isOwn)]
}

function triedOf(action: string): Verb | undefined {
  const words = tried[action]
  return words === undefined ? undefined : [words]
}

type Row = RecordDetail['row']

const ofUsers = new Set(['oauth.login', 'oauth.consent', 'oauth.device_verification'])

function isByUser({ action, userHash, client }: Row): boolean {
  return ofUsers.has(action) || (client === '' && userHash !== '')
}

function userOf({ user = '', userHash }: Row): Said {
  return user === ''
    ? { value: userHash, field: 'user', isHash: true }
    : { value: user, field: 'user' }
}

function subjectOf(row: Row): Phrase[] {
  if (isByUser(row)) {
    const { value } = userOf(row)
    return value === '' ? ['Somebody'] : ['User', userOf(row)]
  }
  return row.client === '' ? ['Somebody'] : ['Client', { value: row.client, field: 'client' }]
}

function objectOf({ action, route }: Row, place: Said): Phrase[] {
  if (action !== 'oauth.resource_access' || route === '') return [place]
  return [{ value: route, field: 'route' }, 'of', place]
}

function forWhom(row: Row, isOwn: boolean): Phrase[] {
  const { client } = row
  const user = userOf(row)
  if (isByUser(row)) {
    return client === '' || isOwn ? [] : ['for client', { value: client, field: 'client' }]
  }
  return user.value === '' ? [] : ['for user', user]
}

/** The sentence as text, for a title. */
export function textOf(phrases: readonly Phrase[]): string {
  return phrases.map((phrase) => (typeof phrase === 'string' ? phrase : phrase.value)).join(' ')
}
