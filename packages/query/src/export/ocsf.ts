// A record as an event of the Open Cybersecurity Schema Framework, https://schema.ocsf.io/1.1.0:
// Authentication (3002), API Activity (6003) or Entity Management (3004). What OCSF has no word for
// stands in `unmapped`, so that nothing is lost. See formats.test.ts.
import { ATTR, type JsonValue } from '@grantlog/record'
import type { LedgerRecord } from '../records.ts'
import { isRefused } from '../refused.ts'
import { attributesJson } from './json.ts'

type Json = { readonly [name: string]: JsonValue }

export const OCSF_VERSION = '1.1.0'

interface EventClass {
  readonly uid: number
  readonly name: string
  readonly category: readonly [uid: number, name: string]
  readonly activities: readonly string[]
}

const iam = [3, 'Identity & Access Management'] as const
const crud = ['Unknown', 'Create', 'Read', 'Update', 'Delete']
const authentication: EventClass = {
  ...{ uid: 3002, name: 'Authentication', category: iam },
  activities: ['Unknown', 'Logon', 'Logoff'],
}
const management: EventClass = {
  ...{ uid: 3004, name: 'Entity Management', category: iam, activities: crud },
}
const api: EventClass = {
  ...{ uid: 6003, name: 'API Activity', category: [6, 'Application Activity'], activities: crud },
}

/** An activity that its class has no number for. */
const OTHER = 99

interface Kind {
  readonly of: EventClass
  readonly activity: number
  /** Of Entity Management: what is managed. */
  readonly entity?: string
}

/** A log-in is a logon; a token is none, since a refresh asks nobody who they are. */
const kinds: ReadonlyMap<string, Kind> = new Map([
  ['oauth.login', { of: authentication, activity: 1 }],
  ['oauth.end_session', { of: authentication, activity: 2 }],
  ['oauth.backchannel_logout', { of: authentication, activity: 2 }],
  ['oauth.authorize', { of: authentication, activity: OTHER }],
  ['oauth.par', { of: authentication, activity: OTHER }],
  ['oauth.token', { of: authentication, activity: OTHER }],
  ['oauth.introspect', { of: authentication, activity: OTHER }],
  ['oauth.revoke', { of: authentication, activity: OTHER }],
  ['oauth.device_authorization', { of: authentication, activity: OTHER }],
  ['oauth.device_verification', { of: authentication, activity: OTHER }],
  ['oauth.backchannel_authentication', { of: authentication, activity: OTHER }],
  ['oauth.consent', { of: management, activity: 3, entity: 'consent' }],
  ['oauth.register', { of: management, activity: 1, entity: 'client' }],
  ['oauth.key_rotation', { of: management, activity: 3, entity: 'key' }],
  ['oauth.jwks_fetch', { of: api, activity: 2 }],
  ['oauth.discovery', { of: api, activity: 2 }],
  ['oauth.token_validation', { of: api, activity: 2 }],
])

const methods: ReadonlyMap<string, number> = new Map([
  ['POST', 1],
  ['GET', 2],
  ['HEAD', 2],
  ['PUT', 3],
  ['PATCH', 3],
  ['DELETE', 4],
])

/** Every other action is a request, to a protected resource or an application's own. */
function kindOf(action: string, method: string, event: string): Kind {
  const known = kinds.get(action)
  if (known === undefined) return { of: api, activity: methods.get(method) ?? OTHER }
  return action === 'oauth.register' ? { ...known, activity: changeOf(method, event) } : known
}

/** What was done to a client: RFC 7591 and 7592 by the method, what others observed by its name. */
function changeOf(method: string, event: string): number {
  if (event === '') return methods.get(method) ?? 1
  if (/DELETE/.test(event)) return 4
  if (/UPDATE/.test(event)) return 3
  return /INFO/.test(event) ? 2 : 1
}

export function ocsfEvent(record: LedgerRecord): Json {
  const text = textsOf(record)
  const action = text(ATTR.AUDIT_ACTION)
  const kind = kindOf(action, text(ATTR.HTTP_REQUEST_METHOD), text(ATTR.AUDIT_OBSERVED_EVENT))
  const { activity, of } = kind
  const { leaf, view } = record
  const [categoryUid, categoryName] = of.category
  const activityName = of.activities[activity] ?? action
  const [start, end] = [millisOf(view.startTimeUnixNano), millisOf(view.endTimeUnixNano)]
  return {
    class_uid: of.uid,
    class_name: of.name,
    category_uid: categoryUid,
    category_name: categoryName,
    activity_id: activity,
    activity_name: activityName,
    type_uid: of.uid * 100 + activity,
    type_name: `${of.name}: ${activityName}`,
    time: start,
    start_time: start,
    end_time: end,
    duration: Math.max(0, end - start),
    ...severityOf(record),
    ...statusOf(record),
    message: [action, text(ATTR.AUDIT_OUTCOME)].filter(Boolean).join(' '),
    metadata: {
      version: OCSF_VERSION,
      uid: leaf.id,
      product: { name: 'Grantlog', vendor_name: 'Grantlog' },
      log_name: 'grantlog.record',
      log_provider: text(ATTR.AUDIT_PRODUCER_SERVICE),
      event_code: action,
      logged_time: leaf.receivedAt,
      sequence: record.index,
      correlation_uid: view.traceId,
    },
    ...partsOf(record, kind),
    unmapped: attributesJson(record),
  }
}

/** What the class of an event asks for. */
function partsOf(record: LedgerRecord, { entity = '', of }: Kind): Json {
  const text = textsOf(record)
  const service = { name: text(ATTR.AUDIT_PRODUCER_SERVICE) }
  const user = userOf(record)
  const client = text(ATTR.OAUTH_CLIENT_ID)
  const ip = text(ATTR.CLIENT_ADDRESS) || text(ATTR.NETWORK_PEER_ADDRESS)
  const source = compact({ ip, svc_name: client || (ip ? '' : 'unknown') })
  const session = text(ATTR.SESSION_ID)
  const actor = { user, ...(session === '' ? {} : { session: { uid: session } }) }
  if (of === authentication) {
    const about = { user, service, src_endpoint: source }
    const protocol = { auth_protocol_id: 6, auth_protocol: 'OAUTH 2.0', is_remote: true }
    return { ...about, ...protocol, ...(session === '' ? {} : { session: { uid: session } }) }
  }
  if (of === management) {
    const target = text(ATTR.AUDIT_TARGET_ID) || client
    const uid = entity === 'key' ? text(ATTR.OAUTH_TOKEN_KID) : target
    return { actor, entity: { type: entity, uid: uid || 'unknown' } }
  }
  const route = text(ATTR.HTTP_ROUTE)
  const method = text(ATTR.HTTP_REQUEST_METHOD)
  const status = text(ATTR.HTTP_RESPONSE_STATUS_CODE)
  const operation = [method, route].filter(Boolean).join(' ') || text(ATTR.AUDIT_ACTION)
  return {
    actor,
    api: { operation, service },
    src_endpoint: source,
    ...(method === '' ? {} : { http_request: { http_method: method } }),
    ...(status === '' ? {} : { http_response: { code: Number(status) } }),
  }
}

/** The identifier if it may be shown, else the pseudonym; without a user the client is it. */
function userOf(record: LedgerRecord): Json {
  const text = textsOf(record)
  const uid = text(ATTR.USER_ID) || text(ATTR.USER_HASH)
  const details = compact({ name: text(ATTR.USER_NAME), email_addr: text(ATTR.USER_EMAIL) })
  if (uid !== '') return { uid, ...details, type_id: 1, type: 'User' }
  const client = text(ATTR.OAUTH_CLIENT_ID)
  if (client !== '') return { uid: client, type_id: 3, type: 'System' }
  return { uid: 'unknown', type_id: 0, type: 'Unknown' }
}

function statusOf(record: LedgerRecord): Json {
  const text = textsOf(record)
  const outcome = text(ATTR.AUDIT_OUTCOME)
  const detail = text(ATTR.OAUTH_ERROR_REASON) || text(ATTR.OAUTH_REVOCATION_REASON)
  const code = text(ATTR.OAUTH_ERROR_CODE) || text(ATTR.ERROR_TYPE)
  const told = compact({ status_detail: detail, status_code: code })
  if (outcome === 'success') return { status_id: 1, status: 'Success', ...told }
  if (isRefused(outcome)) return { status_id: 2, status: 'Failure', ...told }
  return { status_id: OTHER, status: outcome, ...told }
}

function severityOf(record: LedgerRecord): Json {
  const text = textsOf(record)
  if (text(ATTR.OAUTH_REFRESH_REUSE_DETECTED) === 'true') {
    return { severity_id: 4, severity: 'High' }
  }
  const outcome = text(ATTR.AUDIT_OUTCOME)
  return isRefused(outcome)
    ? { severity_id: 2, severity: 'Low' }
    : { severity_id: 1, severity: 'Informational' }
}

function textsOf({ attributes }: LedgerRecord): (name: string) => string {
  return (name) => String(attributes.get(name) ?? '')
}

/** Without what is empty. */
function compact(texts: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''))
}

function millisOf(nanos: bigint): number {
  return Number(nanos / 1_000_000n)
}
