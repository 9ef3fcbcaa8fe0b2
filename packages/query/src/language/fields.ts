// The fields of the query language: short words for what people ask for most, and the full name of
// every other attribute of the registry. See fields.test.ts.
import { attributeDefinitions, listAttributes } from '@grantlog/record'
import { descriptions } from '@grantlog/record/described'

/**
 * How a field is matched. `word`: one value of many records; `list`: any item of a list; `hash`: a
 * value of few records, matched whole; `personal`: likewise, and it says who or from where.
 */
export type FieldType =
  'word' | 'list' | 'hash' | 'personal' | 'number' | 'duration' | 'time' | 'boolean'

export interface QueryField {
  /** As it is written in a query. */
  readonly name: string
  readonly type: FieldType
  /** Columns it looks at: a record matches when one of them does. */
  readonly columns: readonly string[]
  readonly title: string
  readonly brief: string
  readonly example: string
  /** What each known value means; empty when values are open. */
  readonly values: ReadonlyMap<string, string>
  /** Whether the registry expects no other values. */
  readonly isClosed: boolean
  /** May be counted by value. */
  readonly facet: boolean
}

/** Columns that are not attributes. */
export const COLUMN = {
  /** Method and route. */
  ROUTE: 'route',
  /** Why it was no success, in the protocol's words or the error's class. */
  ERROR: 'error',
  RECEIVED: 'received',
  DURATION: 'duration',
  INDEX: 'index',
  TRACE: 'trace',
  RECORD: 'record',
  INSTANCE: 'instance',
  KID: 'kid',
} as const

type Short = readonly [name: string, type: FieldType, attributes: readonly string[], title?: string]

/** In the order in which a page offers them. */
const shorts: readonly Short[] = [
  ['outcome', 'word', ['audit.outcome'], 'Outcome'],
  ['action', 'word', ['audit.action'], 'Action'],
  ['client', 'word', ['oauth.client.id'], 'Client'],
  ['service', 'word', ['audit.producer.service'], 'Service'],
  ['grant', 'word', ['oauth.grant.type'], 'Grant type'],
  ['scope', 'list', ['oauth.scope.granted', 'oauth.scope.requested'], 'Scope'],
  ['reason', 'word', ['oauth.error.reason'], 'Reason'],
  ['error', 'word', [COLUMN.ERROR], 'Error code'],
  ['route', 'word', [COLUMN.ROUTE], 'Method and route'],
  ['status', 'word', ['http.response.status_code'], 'HTTP status'],
  ['role', 'word', ['oauth.role'], 'OAuth role of the service'],
  ['privileged', 'word', ['audit.privileged'], 'Privileged action'],
  ['userrole', 'list', ['user.roles'], 'Role of the user'],
  ['environment', 'word', ['audit.producer.environment'], 'Environment'],
  ['granted', 'list', ['oauth.scope.granted'], 'Scope granted'],
  ['requested', 'list', ['oauth.scope.requested'], 'Scope requested'],
  ['allowed', 'list', ['oauth.scope.allowed'], 'Scope allowed'],
  ['required', 'list', ['oauth.scope.required'], 'Scope required'],
  ['missing', 'list', ['oauth.scope.missing'], 'Scope missing'],
  ['revocation', 'word', ['oauth.revocation.reason'], 'Revocation'],
  ['issuer', 'word', ['oauth.issuer'], 'Issuer'],
  ['observed', 'word', ['audit.observed.by'], 'Observed by'],
  ['library', 'word', ['oauth.library.name'], 'Library'],
  ['actor', 'word', ['audit.actor.type'], 'Kind of actor'],
  ['policy', 'word', ['audit.policy.hash'], 'Policy'],
  ['reuse', 'boolean', ['oauth.refresh.reuse_detected'], 'Refresh token reused'],
  ['user', 'personal', ['user.id', 'user.hash', 'audit.actor.id'], 'User'],
  ['address', 'personal', ['client.address', 'network.peer.address'], 'Address'],
  ['session', 'hash', ['session.id', 'session.previous_id'], 'Session'],
  [
    'token',
    'hash',
    ['oauth.token.hash', 'oauth.refresh.token_hash', 'oauth.refresh.presented_hash'],
    'Token',
  ],
  ['grantid', 'hash', ['oauth.grant.id_hash', 'oauth.refresh.family_hash'], 'Grant'],
  ['trace', 'hash', [COLUMN.TRACE], 'Trace'],
  ['id', 'hash', [COLUMN.RECORD], 'Record id'],
  ['instance', 'hash', [COLUMN.INSTANCE], 'Stream instance'],
  ['kid', 'word', [COLUMN.KID], 'Key of the producer'],
  ['duration', 'duration', [COLUMN.DURATION], 'Duration'],
  ['after', 'time', [COLUMN.RECEIVED], 'Received at or after'],
  ['before', 'time', [COLUMN.RECEIVED], 'Received before'],
  ['index', 'number', [COLUMN.INDEX], 'Place in the log'],
]

/** Briefs and examples of fields that the registry has no single attribute for. */
const told: Readonly<Record<string, readonly [brief: string, example: string]>> = {
  route: ['Method and route template of a request.', '"GET /orders/:id"'],
  error: ['Error code on the wire, else the class of the error.', 'invalid_grant'],
  trace: ['Trace id of OpenTelemetry.', '4bf92f3577b34da6a3ce929d0e0e4736'],
  id: ['audit.record.id, a UUIDv7.', '01982f3e-7a4c-7cc1-9d2e-0123456789ab'],
  instance: ['One process of a service.', 'f3b1c2d4e5f60718293a4b5c6d7e8f90'],
  kid: ['Thumbprint of the key that signed.', '"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"'],
  duration: ['How long it took.', '>250ms'],
  after: ['Received at or after a time, or since so long.', '-24h'],
  before: ['Received before a time.', '2026-01-31T12:00Z'],
  index: ['Place in the log, or a range of places.', '1000..1999'],
  token: ['Keyed hash of a token, issued, presented or refreshed.', 't1.x4Jq7Rn2Ew9sVb1Yd6TuKg'],
  grantid: ['Keyed hash of a grant or of its refresh family.', 'p1.u5Xk8bW0QeR2mT7yVn4zAg'],
  user: ["The user's pseudonym, or identifier.", 'p1.Zk3vQ0c8N1bqYw5uXJt2eg'],
  address: ['Address of the client or of the peer.', '203.0.113.7'],
}

const booleans: ReadonlyMap<string, string> = new Map([
  ['true', ''],
  ['false', ''],
])

const noFacet: ReadonlySet<FieldType> = new Set(['number', 'duration', 'time', 'hash'])

/** Attributes that say who or where are found by whole values, others by their words. */
const hashes = /(_hash|\.jti|\.jkt|\.sha256|\.hash)$/
const leftOut = /^(audit\.(record|sequence|stream)\.|audit\.policy\.hash$)/

/** All fields by name; those with short names also under each full name they have alone. */
export const queryFields: ReadonlyMap<string, QueryField> = new Map(
  [...shorts.map(shortField), ...fullFields()].map((field) => [field.name, field]),
)

/** The fields with short names, in the order in which a page offers them. */
export const shortFields: readonly QueryField[] = shorts.map(
  ([name]) => queryFields.get(name) as QueryField,
)

function shortField([name, type, columns, title = name]: Short): QueryField {
  const registered = columns.length === 1 ? descriptions.get(columns[0] ?? '') : undefined
  const first = descriptions.get(columns[0] ?? '')
  const [brief, example] = told[name] ?? [first?.brief ?? title, first?.example ?? '']
  const known = registered?.values ?? new Map<string, string>()
  const values = type === 'boolean' ? booleans : known
  const isClosed = registered?.isClosed ?? false
  const counted = { values, isClosed, facet: !noFacet.has(type) }
  return { name, type, columns, title, brief, example, ...counted }
}

/** Every covered attribute by its own name. Ints that only make sense as numbers are left out. */
function fullFields(): QueryField[] {
  return [...attributeDefinitions.values()].flatMap(({ name, slot, type }) => {
    const described = descriptions.get(name)
    if (leftOut.test(name) || type === 'int' || described === undefined) return []
    const fieldType = typeOf(name, type, slot)
    const { brief, example, isClosed, values } = described
    const counted = { values, isClosed, facet: !noFacet.has(fieldType) }
    return [{ name, type: fieldType, columns: [name], title: name, brief, example, ...counted }]
  })
}

function typeOf(name: string, type: string, slot: string | null): FieldType {
  if (type === 'boolean') return 'boolean'
  if (name === 'user.roles') return 'list'
  if (slot === 'pseudonym' || (slot === null && hashes.test(name))) return 'hash'
  if (slot !== null) return 'personal'
  return listAttributes.has(name) ? 'list' : 'word'
}

/** How an attribute is kept: by its words, or as a fingerprint. Null: not at all. */
export type ColumnKind = 'words' | 'fingerprint'

/** The columns of the index, by name. */
export const columnKinds: ReadonlyMap<string, ColumnKind> = new Map(
  [...queryFields.values()].flatMap(({ columns, type }) => {
    if (['number', 'duration', 'time'].includes(type)) return []
    const kind = type === 'hash' || type === 'personal' ? 'fingerprint' : 'words'
    return columns.map((column) => [column, kind] as const)
  }),
)
