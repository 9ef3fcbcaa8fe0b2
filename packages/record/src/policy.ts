// The policy: what an operator says of routes, of who may do what, and of how much is recorded. A
// JSON document (people write YAML, which others turn into this), for example
//
//   {"format":"grantlog-policy-v2",
//    "routes":[{"methods":["GET"],"route":"/orders/:id","scopes":["orders:read"]},
//              {"route":"/token","guarantee":"blocking"},
//              {"methods":["GET"],"route":"/export","roles":["admin"],"privileged":"export"}],
//    "guarantee":"spooled",
//    "roleClaims":["keycloak","/groups"],
//    "queryValues":["page","limit"],
//    "audit":[{"routes":["/health"],"level":"minimal"},{"roles":["support"],"level":"full"}],
//    "roles":{"support":{"scopes":["orders:read"]}},
//    "clients":{"spa":{"scopes":["openid","orders:*"]}},
//    "privileged":{"export":{"roles":["admin"],"bytesMax":1000000,"perHourMax":3}}}
//
// `routes` is the access model: the first rule that fits a request counts. `audit` says how much is
// recorded (policy/decide.ts), also by the first that fits. `roles` and `clients` say which scopes
// they may have at most, `privileged` who may do what is told apart, and how much is too much.
// `roleClaims` are JSON pointers (RFC 6901) into the claims of a token, or presets
// (policy/presets.ts); `queryValues` names of query parameters whose values may be told.
// `guarantee` is what must have become of a record before the response to its action may leave
// (policy-route.ts tells which rule counts for it); a rule without one has that of the whole
// service.
//
// A member that is left out has the value of the built-in policy, which belongs to the format's
// version. `grantlog-policy-v1` is the first five members, with pointers alone. Every record names
// the policy in force by the SHA-256 of the document's JCS form (RFC 8785). See policy.test.ts.
import { base64url } from './bytes.ts'
import { jcs, jcsBytes } from './canonical/jcs.ts'
import { PolicyError } from './codes.ts'
import { policyLengthMax } from './limits.ts'
import {
  type AuditRule,
  type Guarantee,
  guarantees,
  type Policy,
  type RouteRule,
} from './policy/document.ts'
import { Faults } from './policy/faults.ts'
import { builtIn, policyIn } from './policy/read.ts'
import {
  type PolicyRequest,
  type RouteIn,
  routeInOf,
  type RouteTest,
  routeTest,
} from './policy-route.ts'
import type { JsonValue, Sha256 } from './span.ts'

/** The policy of a service that has none: no rules. */
export function builtInPolicy(sha256: Sha256): Policy {
  return readPolicy(jcs(builtIn), sha256)
}

/**
 * Reads a document. Throws the first PolicyError of {@link checkPolicy}; its texts hold no value
 * of the document.
 */
export function readPolicy(text: string, sha256: Sha256): Policy {
  if (text.length > policyLengthMax) throw tooLong()
  let json: JsonValue
  try {
    json = JSON.parse(text) as JsonValue
  } catch {
    const fix = 'write JSON, which `grantlog policy show FILE` makes of YAML'
    throw new PolicyError('POLICY_MALFORMED', { pointer: '', what: 'not JSON', fix })
  }
  return policyOf(json, sha256)
}

/** The same of a document that was parsed already. */
export function policyOf(json: JsonValue, sha256: Sha256): Policy {
  const read = checkPolicy(json, sha256)
  if ('hash' in read) return read
  throw read[0]!
}

/**
 * The policy of a document, or all that is wrong with it: each fault with a code, the JSON pointer
 * of where it is, and what to do. There are never none.
 */
export function checkPolicy(json: JsonValue, sha256: Sha256): Policy | readonly PolicyError[] {
  const faults = new Faults()
  const policy = policyIn(json, faults)
  if (faults.all.length > 0) return faults.all
  if (jcs(json).length > policyLengthMax) return [tooLong()]
  return { ...policy, hash: base64url(sha256(jcsBytes(json))) }
}

function tooLong(): PolicyError {
  const told = { what: `more than ${policyLengthMax} characters`, fix: 'write fewer rules' }
  return new PolicyError('POLICY_LIMIT_EXCEEDED', { pointer: '', ...told })
}

/** The first rule that is about a request; null if none is. */
export function ruleFor(policy: Policy, request: PolicyRequest): RouteRule | null {
  const route = routeInOf(request)
  const { routes } = readyFor(policy)
  const rule = (method: string): RouteRule | undefined =>
    routes.find((ready) => isFor(ready, method, route))?.rule
  // Routers serve HEAD by what they have for GET (RFC 9110 section 9.3.2), unless it has its own.
  return rule(request.method) ?? (request.method === 'HEAD' ? rule('GET') : undefined) ?? null
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
 * rule its router will find (a path written otherwise; HEAD, served as GET), the strictest; of a
 * target that routers read as different paths, `admin/x` or `//host/admin/x`, that of all rules.
 */
export function guaranteeFor(policy: Policy, method: string, path: string | null): Guarantee {
  if (path === null || /^[/\\]{2}/.test(path)) return strictestOf(guaranteesOf(policy))
  const methods = method === 'HEAD' ? ['HEAD', 'GET'] : [method]
  const { audit, routes } = readyFor(policy)
  const asIs = routeInOf({ method, route: null, path })
  const loose = routeInOf({ method, route: null, path, isLoose: true })
  const of = (one: string, route: RouteIn | null): Guarantee => {
    const rule = routes.find((ready) => isFor(ready, one, route))?.rule
    // Audit rules with a guarantee look at methods and routes alone.
    const byAudit = (): AuditRule | undefined =>
      audit.find((ready) => isFor(ready, one, route))?.rule
    return rule?.guarantee ?? byAudit()?.guarantee ?? policy.guarantee
  }
  return strictestOf(methods.flatMap((one) => [of(one, asIs), of(one, loose)]))
}

function strictestOf(all: readonly (Guarantee | null)[]): Guarantee {
  return guarantees.findLast((one) => all.includes(one)) ?? 'buffered'
}

/** A rule, with its templates made ready; none: any route, also where none is known. */
interface ReadyRule<T> {
  readonly rule: T
  readonly methods: readonly string[]
  readonly tests: readonly RouteTest[]
}

interface Ready {
  readonly routes: readonly ReadyRule<RouteRule>[]
  /** Those with a guarantee. */
  readonly audit: readonly ReadyRule<AuditRule>[]
}

const ready = new WeakMap<Policy, Ready>()

/** Each request is held against all of them: they are made once for a policy. */
function readyFor(policy: Policy): Ready {
  const found = ready.get(policy)
  if (found !== undefined) return found
  const made: Ready = {
    routes: policy.routes.map((rule) => {
      return { rule, methods: rule.methods, tests: [routeTest(rule.route)] }
    }),
    audit: policy.audit
      .filter(({ guarantee }) => guarantee !== null)
      .map((rule) => ({ rule, methods: rule.methods, tests: rule.routes.map(routeTest) })),
  }
  ready.set(policy, made)
  return made
}

function isFor(
  { methods, tests }: ReadyRule<unknown>,
  method: string,
  route: RouteIn | null,
): boolean {
  if (methods.length > 0 && !methods.includes(method)) return false
  return tests.length === 0 || tests.some((fits) => fits(route))
}

function guaranteesOf({ audit, guarantee, routes }: Policy): (Guarantee | null)[] {
  return [guarantee, ...[...routes, ...audit].map((rule) => rule.guarantee)]
}
