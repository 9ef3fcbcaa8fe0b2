// The policy: what an operator says of a service's routes. A JSON document, for example
//
//   {"format":"grantlog-policy-v1",
//    "routes":[{"methods":["GET"],"route":"/orders/:id","scopes":["orders:read"]},
//              {"route":"/token","guarantee":"blocking"},
//              {"methods":["GET"],"route":"/export","roles":["admin"],"privileged":"export"}],
//    "guarantee":"spooled",
//    "roleClaims":["/roles","/realm_access/roles"],
//    "queryValues":["page","limit"]}
//
// The first rule that fits a request counts. `roleClaims` are JSON pointers (RFC 6901) into the
// claims of a token, `queryValues` names of query parameters whose values may be told. `guarantee`
// is what must have become of a record before the response to its action may leave (policy-route.ts
// tells which rule counts for it); a rule without one has that of the whole service. A member
// that is left out has the value of the built-in policy, which belongs to the format's version.
// Every record names the policy in force by the SHA-256 of the document's JCS form (RFC 8785).
// See policy.test.ts.
import { base64url } from './bytes.ts'
import { isObject, jcs, jcsBytes } from './canonical/jcs.ts'
import { PolicyError } from './codes.ts'
import { policyLengthMax, policyItemsMax, policyRoutesMax, policyTextMax } from './limits.ts'
import { isRoute, isRouteOf, type PolicyRequest } from './policy-route.ts'
import type { JsonValue, Sha256 } from './span.ts'

const policyFormat = 'grantlog-policy-v1'

const privilegedKinds = ['export', 'user_data_change', 'administration', '_OTHER'] as const

/** Values of `audit.privileged`. */
export type PrivilegedKind = (typeof privilegedKinds)[number]

const guarantees = ['buffered', 'spooled', 'blocking'] as const

/**
 * How durable a record must be before the response to its action may leave: it only waits in the
 * process; it is on the producer's disk; the receiver has given its receipt.
 */
export type Guarantee = (typeof guarantees)[number]

/** What is asked of requests to one route. */
export interface RouteRule {
  /** In capitals; none: any. */
  readonly methods: readonly string[]
  /** See policy-route.ts. */
  readonly route: string
  /** All of them are needed. */
  readonly scopes: readonly string[]
  /** One of them is needed; none: any will do. */
  readonly roles: readonly string[]
  readonly privileged: PrivilegedKind | null
  /** null: that of the policy. */
  readonly guarantee: Guarantee | null
}

export interface Policy {
  /** In their order. */
  readonly routes: readonly RouteRule[]
  /** Each a path of members, from the outermost. */
  readonly roleClaims: readonly (readonly string[])[]
  readonly queryValues: readonly string[]
  /** Of routes that no rule names, or whose rule has none. */
  readonly guarantee: Guarantee
  /** `audit.policy.hash`: b64u of 32 bytes. */
  readonly hash: string
}

const builtIn = {
  format: policyFormat,
  routes: [],
  roleClaims: ['/roles', '/realm_access/roles'],
  queryValues: ['limit', 'offset', 'order', 'page', 'page_size', 'per_page', 'size', 'sort'],
} satisfies JsonValue

/** The policy of a service that has none: no rules. */
export function builtInPolicy(sha256: Sha256): Policy {
  return readPolicy(jcs(builtIn), sha256)
}

/**
 * Reads a document. Throws PolicyError with a code, the JSON pointer of what is wrong, and what to
 * do; its texts hold no value of the document.
 */
export function readPolicy(text: string, sha256: Sha256): Policy {
  const document = documentIn(text)
  const { routes = builtIn.routes, roleClaims, queryValues, guarantee } = document
  return {
    routes: items(routes, '/routes', policyRoutesMax).map((rule, i) =>
      ruleIn(rule, `/routes/${i}`),
    ),
    roleClaims: texts(roleClaims ?? builtIn.roleClaims, '/roleClaims', pointer).map(pathOf),
    queryValues: texts(queryValues ?? builtIn.queryValues, '/queryValues', queryName),
    guarantee: guarantee === undefined ? 'buffered' : oneOf(guarantees, guarantee, '/guarantee'),
    hash: base64url(sha256(jcsBytes(document))),
  }
}

/** The first rule that is about a request; null if none is. */
export function ruleFor(policy: Policy, request: PolicyRequest): RouteRule | null {
  const { method } = request
  const isFor = ({ methods, route }: RouteRule): boolean =>
    (methods.length === 0 || methods.includes(method)) && isRouteOf(route, request)
  return policy.routes.find(isFor) ?? null
}

/** Whether any request can have another guarantee than `buffered`. */
export function hasGuarantees(policy: Policy): boolean {
  return hasBlocking(policy) || guaranteesOf(policy).includes('spooled')
}

/** Whether a response may have to wait for a receipt. */
export function hasBlocking(policy: Policy): boolean {
  return guaranteesOf(policy).includes('blocking')
}

/**
 * The guarantee of a request of which nothing but its head is known. Where it is in doubt which
 * rule its router will find (a path written otherwise; HEAD, served as GET), the strictest.
 */
export function guaranteeFor(policy: Policy, method: string, path: string | null): Guarantee {
  const methods = method === 'HEAD' ? ['HEAD', 'GET'] : [method]
  const of = (one: string, isLoose: boolean): Guarantee => {
    const rule = ruleFor(policy, { method: one, route: null, path, isLoose })
    return rule?.guarantee ?? policy.guarantee
  }
  const all = methods.flatMap((one) => [of(one, false), of(one, true)])
  return guarantees.findLast((one) => all.includes(one)) ?? policy.guarantee
}

function guaranteesOf({ guarantee, routes }: Policy): (Guarantee | null)[] {
  return [guarantee, ...routes.map((rule) => rule.guarantee)]
}

type JsonObject = { readonly [name: string]: JsonValue }

/** What a text must look like, and how to say so. */
interface Form {
  readonly test: (text: string) => boolean
  readonly fix: string
}

const method: Form = {
  test: (text) => /^[A-Z]{1,16}$/.test(text),
  fix: 'write HTTP methods in capitals, such as "GET"',
}
const route: Form = {
  test: isRoute,
  fix: 'write a path such as "/orders/:id", with "*" only as its last segment',
}
const scope: Form = {
  test: (text) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text),
  fix: 'write one scope for each item, without spaces (RFC 6749 section 3.3)',
}
const role: Form = {
  // eslint-disable-next-line no-control-regex
  test: (text) => text.isWellFormed() && !/[\u0000-\u001f\u007f-\u009f]/.test(text),
  fix: 'write the name of a role, without control characters',
}
const pointer: Form = {
  test: (text) => /^(?:\/(?:[^~/]|~[01])*)+$/.test(text) && text.isWellFormed(),
  fix: 'write a JSON pointer (RFC 6901), such as "/realm_access/roles"',
}
const queryName: Form = {
  test: (text) => /^[A-Za-z_][\w.-]{0,19}$/.test(text),
  fix: 'write the name of a query parameter, at most 20 characters',
}

function documentIn(text: string): JsonObject {
  if (text.length > policyLengthMax) {
    throw limit('', `more than ${policyLengthMax} characters`, 'write fewer rules')
  }
  let json: JsonValue
  try {
    json = JSON.parse(text) as JsonValue
  } catch {
    throw malformed('', 'not JSON', 'check the file with a JSON parser')
  }
  const document = objectIn(json, '', [
    ...['format', 'routes', 'roleClaims', 'queryValues', 'guarantee'],
  ])
  if (document.format === policyFormat) return document
  throw malformed('/format', 'unknown format', `write "format": "${policyFormat}"`)
}

function ruleIn(value: JsonValue, at: string): RouteRule {
  const rule = objectIn(value, at, [
    ...['methods', 'route', 'scopes', 'roles', 'privileged', 'guarantee'],
  ])
  const { privileged, guarantee } = rule
  return {
    methods: texts(rule.methods ?? [], `${at}/methods`, method),
    route: textIn(rule.route ?? null, `${at}/route`, route),
    scopes: texts(rule.scopes ?? [], `${at}/scopes`, scope),
    roles: texts(rule.roles ?? [], `${at}/roles`, role),
    privileged:
      privileged === undefined ? null : oneOf(privilegedKinds, privileged, `${at}/privileged`),
    guarantee: guarantee === undefined ? null : oneOf(guarantees, guarantee, `${at}/guarantee`),
  }
}

function pathOf(pointer: string): string[] {
  const names = pointer.split('/').slice(1)
  return names.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function oneOf<T extends string>(all: readonly T[], value: JsonValue, at: string): T {
  const found = all.find((one) => one === value)
  if (found !== undefined) return found
  throw malformed(at, 'no such kind', `write one of ${all.join(', ')}`)
}

function objectIn(value: JsonValue, at: string, members: readonly string[]): JsonObject {
  if (!isObject(value)) throw malformed(at, 'not an object', 'write {…}')
  const isKnown = Object.keys(value).every((name) => members.includes(name))
  if (!isKnown) throw malformed(at, 'unknown member', `write only ${members.join(', ')}`)
  return value
}

function items(value: JsonValue, at: string, max: number): readonly JsonValue[] {
  if (!Array.isArray(value)) throw malformed(at, 'not an array', 'write […]')
  if (value.length > max) throw limit(at, `more than ${max} items`, 'write fewer')
  return value as readonly JsonValue[]
}

function texts(value: JsonValue, at: string, form: Form): string[] {
  return items(value, at, policyItemsMax).map((item, i) => textIn(item, `${at}/${i}`, form))
}

function textIn(value: JsonValue, at: string, form: Form): string {
  if (typeof value !== 'string' || value === '') throw malformed(at, 'not a text', form.fix)
  if (value.length > policyTextMax) {
    throw limit(at, `more than ${policyTextMax} characters`, form.fix)
  }
  if (!form.test(value)) throw malformed(at, 'not in the form it must have', form.fix)
  return value
}

function malformed(at: string, what: string, fix: string): PolicyError {
  return new PolicyError('POLICY_MALFORMED', { pointer: at, what, fix })
}

function limit(at: string, what: string, fix: string): PolicyError {
  return new PolicyError('POLICY_LIMIT_EXCEEDED', { pointer: at, what, fix })
}
