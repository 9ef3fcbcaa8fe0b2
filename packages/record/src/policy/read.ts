// From a JSON document to a policy, with all that is wrong with it. See ../policy.test.ts.
import type { JsonValue } from '../span.ts'
import { policyRoutesMax, policyRulesMax } from '../limits.ts'
import {
  type Allowed,
  auditLevels,
  type AuditRule,
  guarantees,
  personalKinds,
  type Policy,
  type PolicyFormat,
  policyFormats,
  type PrivilegedKind,
  privilegedKinds,
  privilegedKindsV1,
  type PrivilegedRule,
  type RouteRule,
} from './document.ts'
import { below, type Faults, type Form, type JsonObject } from './faults.ts'
import * as form from './forms.ts'
import { auth0Path, type ClaimPath, pointerPath, presetPaths, rolePresetNames } from './presets.ts'

/** Members of the whole. */
const membersV1 = ['format', 'routes', 'roleClaims', 'queryValues', 'guarantee']
const membersV2 = [...membersV1, 'level', 'personal', 'audit', 'roles', 'clients', 'privileged']

/** What the built-in policy has, and a member that is left out. */
export const builtIn: {
  readonly [name in 'routes' | 'roleClaims' | 'queryValues']: readonly string[]
} & { readonly format: PolicyFormat } = {
  format: 'grantlog-policy-v1',
  routes: [],
  roleClaims: ['/roles', '/realm_access/roles'],
  queryValues: ['limit', 'offset', 'order', 'page', 'page_size', 'per_page', 'size', 'sort'],
}

/** The policy but for its hash; worth something only without faults. */
export function policyIn(json: JsonValue, faults: Faults): Omit<Policy, 'hash'> {
  const format = formatOf(json)
  const isV1 = format === 'grantlog-policy-v1'
  const document = faults.objectIn(json, '', isV1 ? membersV1 : membersV2)
  if (format === null) {
    const known = policyFormats.map((one) => `"${one}"`).join(' or ')
    faults.malformed('/format', 'unknown format', `write format: ${known}`)
  }
  const { audit = [], clients = {}, privileged = {}, roles = {}, routes = [] } = document
  const given = (name: 'roleClaims' | 'queryValues'): JsonValue =>
    orElse(document[name], builtIn[name], isV1)
  return {
    format: format ?? 'grantlog-policy-v2',
    routes: faults
      .itemsIn(routes, '/routes', policyRoutesMax)
      .map((rule, i) => routeRuleIn(rule, `/routes/${i}`, { faults, isV1 })),
    roleClaims: roleClaimsIn(given('roleClaims'), { faults, isV1 }),
    queryValues: faults.textsIn(given('queryValues'), '/queryValues', form.queryName),
    guarantee: wordIn(document, 'guarantee', guarantees, { at: '', faults }) ?? 'buffered',
    level: wordIn(document, 'level', auditLevels, { at: '', faults }) ?? 'standard',
    personal: wordIn(document, 'personal', personalKinds, { at: '', faults }) ?? 'keep',
    audit: faults
      .itemsIn(audit, '/audit', policyRulesMax)
      .map((rule, i) => auditRuleIn(rule, `/audit/${i}`, faults)),
    roles: allowedIn(roles, '/roles', { faults, name: form.role }),
    clients: allowedIn(clients, '/clients', { faults, name: form.client }),
    privileged: privilegedIn(privileged, faults),
  }
}

/**
 * What a member that is left out stands for. `null` is such a one in v1 alone: in YAML it is a name
 * without a value, below which somebody took all items out, and then no list would ask anything.
 */
function orElse(value: JsonValue | undefined, otherwise: JsonValue, isV1: boolean): JsonValue {
  return value === undefined || (isV1 && value === null) ? otherwise : value
}

interface Reading {
  readonly faults: Faults
  readonly isV1: boolean
}

/** Without it nothing says how the rest is meant. */
function formatOf(json: JsonValue): PolicyFormat | null {
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json)
  const format = isObject ? (json as JsonObject).format : undefined
  return policyFormats.find((one) => one === format) ?? null
}

function routeRuleIn(value: JsonValue, at: string, { faults, isV1 }: Reading): RouteRule {
  const rule = faults.objectIn(value, at, [
    ...['methods', 'route', 'scopes', 'roles', 'privileged', 'guarantee'],
  ])
  const kinds = isV1 ? privilegedKindsV1 : privilegedKinds
  const texts = (name: string, of: Form): readonly string[] =>
    faults.textsIn(orElse(rule[name], [], isV1), `${at}/${name}`, of)
  return {
    methods: texts('methods', form.method),
    route: faults.textIn(rule.route ?? null, `${at}/route`, form.route) ?? '/',
    scopes: texts('scopes', form.scope),
    roles: texts('roles', form.role),
    privileged: wordIn(rule, 'privileged', kinds, { at, faults }),
    guarantee: wordIn(rule, 'guarantee', guarantees, { at, faults }),
  }
}

function roleClaimsIn(value: JsonValue, { faults, isV1 }: Reading): ClaimPath[] {
  const at = '/roleClaims'
  if (isV1) {
    const pointers = faults.textsIn(value, at, form.pointer)
    return pointers.map((pointer) => pointerPath(pointer, false))
  }
  return faults.itemsIn(value, at).flatMap((item, i) => claimIn(item, `${at}/${i}`, faults))
}

function claimIn(item: JsonValue, at: string, faults: Faults): readonly ClaimPath[] {
  if (typeof item === 'object') {
    const { auth0 = null } = faults.objectIn(item, at, ['auth0'])
    const namespace = faults.textIn(auth0, `${at}/auth0`, form.namespace)
    return namespace === null ? [] : [auth0Path(namespace)]
  }
  const preset = rolePresetNames.find((name) => name === item)
  if (preset !== undefined) return presetPaths(preset)
  const fix = `${form.pointer.fix}, one of ${rolePresetNames.join(', ')}, or {auth0: NAMESPACE}`
  const pointer = faults.textIn(item, at, { ...form.pointer, fix })
  return pointer === null ? [] : [pointerPath(pointer, true)]
}

const auditMembers = [
  ...['name', 'roles', 'clients', 'subjects', 'scopes', 'actions', 'routes', 'methods'],
  ...['level', 'personal', 'guarantee'],
]

function auditRuleIn(value: JsonValue, at: string, faults: Faults): AuditRule {
  const rule = faults.objectIn(value, at, auditMembers)
  const texts = (name: string, of: Form): readonly string[] => {
    const list = rule[name]
    if (list === undefined) return []
    if (Array.isArray(list) && list.length === 0) {
      // It would fit nothing, or everything: who wrote it meant one of them.
      faults.malformed(`${at}/${name}`, 'an empty list', 'write items, or take the member out')
    }
    return faults.textsIn(list, `${at}/${name}`, of)
  }
  const read = {
    name: rule.name === undefined ? null : faults.textIn(rule.name, `${at}/name`, form.ruleName),
    roles: texts('roles', form.role),
    clients: texts('clients', form.client),
    subjects: texts('subjects', form.subject),
    scopes: texts('scopes', form.scope),
    actions: texts('actions', form.action),
    routes: texts('routes', form.route),
    methods: texts('methods', form.method),
    level: wordIn(rule, 'level', auditLevels, { at, faults }),
    personal: wordIn(rule, 'personal', personalKinds, { at, faults }),
    guarantee: wordIn(rule, 'guarantee', guarantees, { at, faults }),
  }
  const { actions, clients, roles, scopes, subjects } = read
  const isByWho = [actions, clients, roles, scopes, subjects].some((list) => list.length > 0)
  if (read.guarantee !== null && isByWho) {
    const fix = 'match by routes and methods alone: it is decided before the request is read'
    faults.malformed(`${at}/guarantee`, 'a guarantee for some of those who ask', fix)
  }
  if ([rule.level, rule.personal, rule.guarantee].every((one) => one === undefined)) {
    faults.malformed(at, 'a rule that decides nothing', 'write level, personal or guarantee')
  }
  return read
}

function allowedIn(
  value: JsonValue,
  at: string,
  { faults, name: nameForm }: { readonly faults: Faults; readonly name: Form },
): ReadonlyMap<string, Allowed> {
  const entries = faults.entriesIn(value, at, nameForm)
  return new Map(
    entries.map(([name, allowed]) => {
      const place = below(at, name)
      const { scopes = null } = faults.objectIn(allowed, place, ['scopes'])
      return [name, { scopes: faults.textsIn(scopes, `${place}/scopes`, form.scope) }]
    }),
  )
}

const privilegedMembers = [
  ...['roles', 'actions', 'bytesMax', 'bytesPerHourMax', 'rowsMax', 'rowsPerHourMax', 'perHourMax'],
]

function privilegedIn(
  value: JsonValue,
  faults: Faults,
): ReadonlyMap<PrivilegedKind, PrivilegedRule> {
  const document = faults.objectIn(value, '/privileged', privilegedKinds)
  const kinds = privilegedKinds.filter((kind) => document[kind] !== undefined)
  return new Map(
    kinds.map((kind) => {
      const at = `/privileged/${kind}`
      const rule = faults.objectIn(document[kind] ?? null, at, privilegedMembers)
      const { actions = [], roles = [] } = rule
      const count = (name: string): number | null => {
        const given = rule[name]
        return given === undefined ? null : faults.countIn(given, `${at}/${name}`)
      }
      const read: PrivilegedRule = {
        roles: faults.textsIn(roles, `${at}/roles`, form.role),
        actions: faults.textsIn(actions, `${at}/actions`, form.action),
        bytesMax: count('bytesMax'),
        bytesPerHourMax: count('bytesPerHourMax'),
        rowsMax: count('rowsMax'),
        rowsPerHourMax: count('rowsPerHourMax'),
        perHourMax: count('perHourMax'),
      }
      return [kind, read]
    }),
  )
}

function wordIn<T extends string>(
  object: JsonObject,
  name: string,
  words: readonly T[],
  { at, faults }: { readonly at: string; readonly faults: Faults },
): T | null {
  const value = object[name]
  return value === undefined ? null : faults.oneOf(words, value, `${at}/${name}`)
}
